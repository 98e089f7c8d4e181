mod id;
mod picked;
mod tree;
pub use id::*; pub use picked::*; pub use tree::*;
