//! Columns.

/// Rows whose columns are as wide as their widest cell.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<(String, String)>>,
}

impl Table {
    /// Adds a row of plain cells.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().map(Into::into).map(|text: String| (text.clone(), text)).collect();
        self.rows.push(cells);
    }

    /// Adds a row; each cell as it counts for the width, and as it is shown (with colours).
    pub fn painted(&mut self, cells: Vec<(String, String)>) {
        self.rows.push(cells);
    }

    /// The rows as lines, two spaces between columns, none at the end.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|(plain, _)| plain.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (plain, shown)) in row.iter().enumerate() {
                line.push_str(shown);
                if column + 1 < row.len() {
                    line.push_str(&" ".repeat(widths[column] - plain.chars().count() + 2));
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_colours() {
        let mut table = Table::default();
        table.row(["NAME", "STATE"]);
        table.painted(vec![("db".into(), "\u{1b}[1mdb\u{1b}[0m".into()), ("up".into(), "up".into())]);
        assert_eq!(table.render(), "NAME  STATE\n\u{1b}[1mdb\u{1b}[0m    up\n");
    }
}
