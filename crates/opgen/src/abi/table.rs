//! Tab-separated tables with a header line.

use super::AbiError;
use std::{fmt, path::Path, sync::Arc};

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file's name.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl Origin {
    /// An error about this line.
    pub(super) fn error(&self, what: impl Into<String>) -> AbiError {
        AbiError::Line { origin: self.clone(), what: what.into() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A table in memory.
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<(Origin, Vec<String>)>,
}

/// One row of a table.
pub(super) struct Row<'a> {
    pub(super) origin: &'a Origin,
    columns: &'a [String],
    cells: &'a [String],
}

impl Table {
    pub(super) fn read(dir: &Path, file: &str) -> Result<Table, AbiError> {
        let path = dir.join(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| AbiError::Read { path: path.display().to_string(), error })?;
        Table::parse(file, &text)
    }

    pub(super) fn parse(file: &str, text: &str) -> Result<Table, AbiError> {
        let file: Arc<str> = file.into();
        let mut lines = text.lines().enumerate();
        let columns: Vec<String> =
            lines.next().map(|(_, line)| line.split('\t').map(str::to_owned).collect()).unwrap_or_default();
        let mut rows = Vec::new();
        for (index, line) in lines {
            let origin = Origin { file: Arc::clone(&file), line: index + 1 };
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if cells.len() != columns.len() {
                return Err(origin.error(format!("expected {} cells, got {}", columns.len(), cells.len())));
            }
            rows.push((origin, cells));
        }
        Ok(Table { columns, rows })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(origin, cells)| Row { origin, columns: &self.columns, cells })
    }
}

impl<'a> Row<'a> {
    /// The cell of a column, trimmed.
    pub(super) fn get(&self, column: &str) -> Result<&'a str, AbiError> {
        let index = self.columns.iter().position(|c| c == column);
        let index = index.ok_or_else(|| self.origin.error(format!("no column {column}")))?;
        Ok(self.cells[index].trim())
    }

    /// The cell of a column as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, column: &str) -> Result<T, AbiError> {
        let text = self.get(column)?;
        text.parse().map_err(|_| self.origin.error(format!("column {column}: {text:?} is not a number")))
    }
}
