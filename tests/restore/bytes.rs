//! Bytes for files, always the same.

/// As good as random.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// What compresses.
pub fn text(length: usize) -> Vec<u8> {
    noise(length, 7).into_iter().map(|byte| b'a' + byte % 16).collect()
}
