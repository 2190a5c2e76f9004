//! A document as both forms, HTML and PDF, have it: headings, text, facts, tables, commands, and the files beside it.

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// How it looks.
    pub style: Style,
    /// What it says.
    pub text: String,
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As all.
    Plain,
    /// Bold.
    Strong,
    /// Italic: what is missing or said with reserve.
    Soft,
    /// Of equal width: digests, names of files, commands.
    Code,
}

/// Pieces of text, put together one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Run>);

impl Text {
    /// Plain text.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().and(Style::Plain, text)
    }

    /// The same with a piece behind it.
    #[must_use]
    pub fn and(mut self, style: Style, text: impl Into<String>) -> Self {
        self.0.push(Run { style, text: text.into() });
        self
    }

    /// Its words alone.
    #[must_use]
    pub fn words(&self) -> String {
        self.0.iter().map(|run| run.text.as_str()).collect()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Begins a chapter (1) or a section (2).
    Heading(u8, String),
    /// A paragraph.
    Paragraph(Text),
    /// A sentence that stands out.
    Lead(Text),
    /// A box: the result, or a warning.
    Notice(Tone, Text),
    /// Points.
    Points(Vec<Text>),
    /// Labels and values.
    Facts(Vec<(String, Vec<Text>)>),
    /// A table; widths are shares of the line.
    Table(Table),
    /// Lines of commands.
    Commands(String),
}

/// What a notice means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// To be read with care.
    Careful,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it shows, for those who don't see it.
    pub caption: String,
    /// Head and share of the width of each column.
    pub columns: Vec<(String, u16)>,
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Text>>,
}

/// A file that goes with the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether the document was made from it.
    pub source: bool,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
    /// When what it shows happened.
    pub time: crate::mail::Time,
}

/// A document in French.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub subtitle: String,
    /// A short line for the head of further pages.
    pub running: String,
    /// A summary for catalogues.
    pub summary: String,
    /// The last moment that it speaks of: its date, since it says the same whenever it is made.
    pub time: crate::mail::Time,
    /// Its content.
    pub blocks: Vec<Block>,
    /// What goes with it.
    pub attachments: Vec<Attachment>,
}
