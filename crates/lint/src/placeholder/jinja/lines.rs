//! Lines that are statements or comments by what they begin with: jinja2's `line_statement_prefix` and
//! `line_comment_prefix`, which no environment has unless it says so.

/// What such lines begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinePrefixes {
    /// `#` in `# for item in items`.
    pub statement: Option<String>,
    /// `##` in `## note`, also behind other text.
    pub comment: Option<String>,
}

/// A line, or the rest of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Where the prefix begins.
    pub(super) start: usize,
    /// Whether it is a comment.
    pub(super) comment: bool,
}

/// Looks for such lines.
pub(super) struct Lines<'a> {
    text: &'a str,
    prefixes: &'a LinePrefixes,
    /// What was found last: the next statement, with the beginning of its line, and the next comment.
    statement: Option<(usize, usize)>,
    comment: Option<usize>,
    /// Bytes looked at.
    pub(super) steps: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, prefixes: &'a LinePrefixes) -> Self {
        let mut lines = Lines { text, prefixes, statement: None, comment: None, steps: 0 };
        lines.statement = lines.statement_from(0);
        lines.comment = lines.comment_from(0);
        lines
    }

    /// The first from byte `at` on.
    pub(super) fn next(&mut self, at: usize) -> Option<Line> {
        // A tag that ends with `-` has the white space behind it: what follows then begins no line.
        if self.statement.is_some_and(|(line, _)| line < at) {
            self.statement = self.statement_from(at);
        }
        if self.comment.is_some_and(|start| start < at) {
            self.comment = self.comment_from(at);
        }
        let line = |start: Option<usize>, comment| Some(Line { start: start?, comment });
        match (self.statement.map(|(_, start)| start), self.comment) {
            // Of two that begin in one place the longer counts.
            (Some(statement), Some(comment)) if statement == comment => {
                let length = |prefix: &Option<String>| prefix.as_ref().map_or(0, String::len);
                let longer = length(&self.prefixes.comment) > length(&self.prefixes.statement);
                line(Some(comment), longer)
            }
            (Some(statement), Some(comment)) if comment < statement => line(Some(comment), true),
            (Some(statement), _) => line(Some(statement), false),
            (None, comment) => line(comment, true),
        }
    }

    fn statement_from(&mut self, from: usize) -> Option<(usize, usize)> {
        let prefix = self.prefixes.statement.as_ref()?;
        let mut at = if from == 0 { 0 } else { from + self.text.get(from..)?.find('\n')? + 1 };
        self.steps += (at - from) as u64;
        loop {
            let rest = self.text.get(at..)?;
            let body = rest.trim_start_matches([' ', '\t', '\u{b}']);
            self.steps += (rest.len() - body.len()) as u64 + 1;
            if body.starts_with(prefix.as_str()) {
                return Some((at, self.text.len() - body.len()));
            }
            let line = rest.find('\n');
            self.steps += line.unwrap_or(rest.len()) as u64;
            at += line? + 1;
        }
    }

    fn comment_from(&mut self, from: usize) -> Option<usize> {
        let prefix = self.prefixes.comment.as_ref()?;
        let rest = self.text.get(from..)?;
        let found = rest.find(prefix.as_str());
        self.steps += found.unwrap_or(rest.len()) as u64;
        found.map(|found| from + found)
    }
}
