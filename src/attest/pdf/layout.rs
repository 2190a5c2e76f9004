//! Where everything stands on the pages: A4, one column, from the top down. No mark is drawn here.

use super::lines::{Breaker, Line};
use super::typeface::{Face, Typefaces};
use crate::attest::document::{Attachment, Block, Document, Style, Table, Text, Tone};
use crate::ledger::tree::sha256;
use crate::mail::hex;

/// A4, in points.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
const LEFT: f32 = 62.0;
const COLUMN: f32 = WIDTH - 2.0 * LEFT;
const TOP: f32 = 66.0;
const BOTTOM: f32 = HEIGHT - 66.0;
/// The size of ordinary text, and from one of its lines to the next.
const BODY: f32 = 9.8;
const LEADING: f32 = 14.2;
const LABELS: f32 = 130.0;

type Colour = (u8, u8, u8);
const INK: Colour = (27, 27, 27);
const SOFT: Colour = (88, 88, 88);
const ACCENT: Colour = (20, 55, 94);
const HAIR: Colour = (214, 209, 198);

/// Something on a page; y is the baseline of a text, the upper edge of a box.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Text { x: f32, y: f32, face: Face, size: f32, colour: Colour, text: String },
    Box { x: f32, y: f32, width: f32, height: f32, colour: Colour },
}

/// A chapter, for the outline.
pub(super) struct Heading {
    pub(super) page: usize,
    pub(super) y: f32,
    pub(super) text: String,
}

/// All pages.
pub(super) struct Laid {
    pub(super) pages: Vec<Vec<Mark>>,
    pub(super) headings: Vec<Heading>,
}

/// Lays a document out.
pub(super) struct Layout<'a> {
    faces: &'a Typefaces,
    pages: Vec<Vec<Mark>>,
    headings: Vec<Heading>,
    y: f32,
}

/// Lines beside each other in one row.
struct Cell {
    x: f32,
    colour: Colour,
    lines: Vec<Line>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(faces: &'a Typefaces) -> Self {
        Self { faces, pages: vec![Vec::new()], headings: Vec::new(), y: TOP }
    }

    pub(super) fn all(mut self, document: &Document) -> Laid {
        self.title(document);
        document.blocks.iter().for_each(|block| self.block(block));
        self.attachments(&document.attachments);
        self.margins(&document.running);
        Laid { pages: self.pages, headings: self.headings }
    }

    fn title(&mut self, document: &Document) {
        self.y += 14.0;
        self.line_of(&document.title, Face::Bold, 23.0, ACCENT);
        self.y += 22.0;
        self.line_of(&document.subtitle, Face::Regular, 11.5, SOFT);
        self.y += 11.0;
        self.mark(Mark::Box { x: LEFT, y: self.y, width: COLUMN, height: 1.4, colour: ACCENT });
        self.y += 12.0;
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(1, text) => self.chapter(text),
            Block::Heading(_, text) => self.section(text),
            Block::Paragraph(text) => self.paragraph(text, BODY, LEADING),
            Block::Lead(text) => self.paragraph(text, 11.2, 16.0),
            Block::Notice(tone, text) => self.notice(*tone, text),
            Block::Points(points) => points.iter().for_each(|point| self.point(point)),
            Block::Facts(facts) => self.facts(facts),
            Block::Table(table) => self.table(table),
            Block::Commands(lines) => self.commands(lines),
        }
    }

    fn chapter(&mut self, text: &str) {
        self.need(110.0);
        if self.y > TOP {
            self.y += 20.0;
        }
        self.headings.push(Heading { page: self.pages.len() - 1, y: self.y - 10.0, text: text.to_owned() });
        self.y += 14.0;
        self.line_of(text, Face::Bold, 14.5, ACCENT);
        self.y += 6.0;
        self.mark(Mark::Box { x: LEFT, y: self.y, width: COLUMN, height: 0.6, colour: ACCENT });
        self.y += 8.0;
    }

    fn section(&mut self, text: &str) {
        self.need(120.0);
        self.y += if self.y > TOP { 24.0 } else { 12.0 };
        self.line_of(text, Face::Bold, 11.5, INK);
        self.y += 4.0;
    }

    fn paragraph(&mut self, text: &Text, size: f32, leading: f32) {
        let lines = Breaker { faces: self.faces, width: COLUMN, size }.lines(text, Face::Regular);
        self.y += 2.0;
        for line in &lines {
            self.need(leading);
            self.y += leading;
            self.pieces(LEFT, line, INK);
        }
        self.y += 4.0;
    }

    fn notice(&mut self, tone: Tone, text: &Text) {
        let (bar, paper) = match tone {
            Tone::Good => ((44, 110, 73), (238, 245, 240)),
            Tone::Careful => ((154, 91, 0), (251, 243, 228)),
        };
        let lines = Breaker { faces: self.faces, width: COLUMN - 28.0, size: BODY }.lines(text, Face::Regular);
        let height = lines.len() as f32 * LEADING + 14.0;
        self.need(height + 12.0);
        self.y += 8.0;
        self.mark(Mark::Box { x: LEFT, y: self.y, width: COLUMN, height, colour: paper });
        self.mark(Mark::Box { x: LEFT, y: self.y, width: 4.0, height, colour: bar });
        let end = self.y + height;
        self.y += 5.0;
        for line in &lines {
            self.y += LEADING;
            self.pieces(LEFT + 16.0, line, INK);
        }
        self.y = end + 6.0;
    }

    fn point(&mut self, text: &Text) {
        let lines = Breaker { faces: self.faces, width: COLUMN - 16.0, size: BODY }.lines(text, Face::Regular);
        self.need(LEADING * lines.len().min(3) as f32);
        for (number, line) in lines.iter().enumerate() {
            self.need(LEADING);
            self.y += LEADING;
            if number == 0 {
                self.text(LEFT + 3.0, "•", Face::Regular, BODY, ACCENT);
            }
            self.pieces(LEFT + 16.0, line, INK);
        }
        self.y += 3.0;
    }

    fn facts(&mut self, facts: &[(String, Vec<Text>)]) {
        self.y += 4.0;
        for (label, values) in facts {
            let label = Breaker { faces: self.faces, width: LABELS - 12.0, size: BODY }
                .lines(&label.as_str().into(), Face::Regular);
            let breaker = Breaker { faces: self.faces, width: COLUMN - LABELS, size: BODY };
            let values = values.iter().flat_map(|value| breaker.lines(value, Face::Regular)).collect();
            self.row(&[
                Cell { x: LEFT, colour: SOFT, lines: label },
                Cell { x: LEFT + LABELS, colour: INK, lines: values },
            ]);
        }
        self.y += 6.0;
    }

    fn table(&mut self, table: &Table) {
        let total: u16 = table.columns.iter().map(|(_, share)| *share).sum();
        let mut x = LEFT;
        let mut places = Vec::with_capacity(table.columns.len());
        for (_, share) in &table.columns {
            let width = COLUMN * f32::from(*share) / f32::from(total.max(1));
            places.push((x, width - 8.0));
            x += width;
        }
        let cells = |texts: &mut dyn Iterator<Item = Text>, colour: Colour| -> Vec<Cell> {
            let cell = |(text, (x, width)): (Text, &(f32, f32))| {
                let lines = Breaker { faces: self.faces, width: *width, size: BODY }.lines(&text, Face::Regular);
                Cell { x: *x, colour, lines }
            };
            texts.zip(&places).map(cell).collect()
        };
        let head = cells(&mut table.columns.iter().map(|(name, _)| Text::default().and(Style::Strong, name)), INK);
        let rows: Vec<Vec<Cell>> = table.rows.iter().map(|row| cells(&mut row.iter().cloned(), INK)).collect();
        self.y += 4.0;
        self.row(&head);
        rows.iter().for_each(|row| self.row(row));
        self.y += 6.0;
    }

    /// Cells beside each other; one that is taller than what is left of the page goes on on the next.
    fn row(&mut self, cells: &[Cell]) {
        let height = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        self.need(LEADING * height.min(6) as f32 + 6.0);
        self.y += 2.4;
        for number in 0..height {
            self.need(LEADING);
            self.y += LEADING;
            for cell in cells {
                if let Some(line) = cell.lines.get(number) {
                    self.pieces(cell.x, line, cell.colour);
                }
            }
        }
        self.y += 4.6;
        self.mark(Mark::Box { x: LEFT, y: self.y, width: COLUMN, height: 0.5, colour: HAIR });
    }

    fn commands(&mut self, text: &str) {
        const STEP: f32 = 11.6;
        let breaker = Breaker { faces: self.faces, width: COLUMN - 20.0, size: 9.4 };
        let lines: Vec<Line> =
            text.lines().flat_map(|line| breaker.lines(&Text::default().and(Style::Code, line), Face::Mono)).collect();
        self.need(STEP * lines.len().min(8) as f32 + 16.0);
        self.y += 3.0;
        for (number, line) in lines.iter().enumerate() {
            self.need(STEP + 6.0);
            let padding = if number + 1 == lines.len() { 6.0 } else { 0.0 };
            let above = if number == 0 { 5.0 } else { 0.0 };
            let (y, height) = (self.y, STEP + padding + above);
            self.mark(Mark::Box { x: LEFT, y, width: COLUMN, height, colour: (245, 244, 240) });
            self.y += above + STEP - 2.0;
            self.pieces(LEFT + 10.0, line, INK);
            self.y = y + height;
        }
        self.y += 6.0;
    }

    fn attachments(&mut self, files: &[Attachment]) {
        self.chapter("Fichiers joints");
        let file = |file: &Attachment| {
            let size = format!("{} octets, SHA-256 ", file.bytes.len());
            let digest = Text::plain(size).and(Style::Code, hex(&sha256(&file.bytes)));
            let name =
                Text::default().and(Style::Code, &*file.name).and(Style::Plain, format!(" : {}", file.description));
            vec![name, digest]
        };
        for lines in files.iter().map(file) {
            let breaker = Breaker { faces: self.faces, width: COLUMN, size: BODY };
            let lines = lines.iter().flat_map(|line| breaker.lines(line, Face::Regular)).collect();
            self.row(&[Cell { x: LEFT, colour: INK, lines }]);
        }
    }

    /// What stands above and below the column, once the number of pages is known.
    fn margins(&mut self, running: &str) {
        let count = self.pages.len();
        for number in 0..count {
            let page = format!("page {} sur {count}", number + 1);
            let width = self.faces.get(Face::Regular).width(&page) * 8.4;
            let mut marks = vec![Mark::Text {
                x: LEFT + COLUMN - width,
                y: HEIGHT - 36.0,
                face: Face::Regular,
                size: 8.4,
                colour: SOFT,
                text: page,
            }];
            let foot = "Ce document se vérifie par les fichiers qui y sont joints.".to_owned();
            marks.push(Mark::Text {
                x: LEFT,
                y: HEIGHT - 36.0,
                face: Face::Italic,
                size: 8.4,
                colour: SOFT,
                text: foot,
            });
            if number > 0 {
                let text = running.to_owned();
                marks.push(Mark::Text { x: LEFT, y: 44.0, face: Face::Regular, size: 8.4, colour: SOFT, text });
            }
            self.pages[number].extend(marks);
        }
    }

    fn line_of(&mut self, text: &str, face: Face, size: f32, colour: Colour) {
        let text = self.faces.showable(text);
        self.text(LEFT, &text, face, size, colour);
    }

    fn text(&mut self, x: f32, text: &str, face: Face, size: f32, colour: Colour) {
        self.mark(Mark::Text { x, y: self.y, face, size, colour, text: text.to_owned() });
    }

    fn pieces(&mut self, mut x: f32, line: &Line, colour: Colour) {
        for piece in line {
            self.text(x, &piece.text, piece.face, piece.size, colour);
            x += piece.width;
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Begins another page when there is less room than this.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }
}
