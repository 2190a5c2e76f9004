//! The document as one HTML file: no script, no network, the files inside it as links; prints well.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::document::{Attachment, Block, Document, Style, Table, Text, Tone};

const STYLE: &str = include_str!("attestation.css");

/// Writes it.
#[must_use]
pub fn html(document: &Document) -> String {
    let mut out = String::with_capacity(64 * 1024);
    let (title, subtitle) = (escaped(&document.title), escaped(&document.subtitle));
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{title} : {subtitle}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<p class=\"subtitle\">{subtitle}</p>\n</header>\n"
    );
    document.blocks.iter().for_each(|block| write_block(block, &mut out));
    write_attachments(&document.attachments, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn write_block(block: &Block, out: &mut String) {
    let _ = match block {
        Block::Heading(level, text) => writeln!(out, "<h{0}>{1}</h{0}>", level + 1, escaped(text)),
        Block::Paragraph(text) => writeln!(out, "<p>{}</p>", inline(text)),
        Block::Lead(text) => writeln!(out, "<p class=\"lead\">{}</p>", inline(text)),
        Block::Notice(tone, text) => {
            let class = if *tone == Tone::Good { "good" } else { "careful" };
            writeln!(out, "<p class=\"notice {class}\">{}</p>", inline(text))
        }
        Block::Points(points) => {
            let points: String = points.iter().map(|point| format!("<li>{}</li>\n", inline(point))).collect();
            writeln!(out, "<ul>\n{points}</ul>")
        }
        Block::Facts(facts) => writeln!(out, "<table class=\"facts\">\n{}</table>", rows_of_facts(facts)),
        Block::Table(table) => writeln!(out, "{}", table_of(table)),
        Block::Commands(lines) => writeln!(out, "<pre>{}</pre>", escaped(lines)),
    };
}

fn rows_of_facts(facts: &[(String, Vec<Text>)]) -> String {
    let row = |(label, lines): &(String, Vec<Text>)| {
        let lines: Vec<String> = lines.iter().map(inline).collect();
        format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(label), lines.join("<br>"))
    };
    facts.iter().map(row).collect()
}

fn table_of(table: &Table) -> String {
    let head: String =
        table.columns.iter().map(|(name, _)| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
    let row = |cells: &Vec<Text>| {
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", inline(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(row).collect();
    let caption = escaped(&table.caption);
    format!(
        "<table class=\"list\">\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
    )
}

fn write_attachments(attachments: &[Attachment], out: &mut String) {
    out.push_str("<h2>Fichiers joints</h2>\n<p>Ils sont dans cette page : chaque lien enregistre le fichier, sans réseau.</p>\n<ul class=\"files\">\n");
    for file in attachments {
        let (name, content) = (escaped(&file.name), STANDARD.encode(&file.bytes));
        let _ = writeln!(
            out,
            "<li><a download=\"{name}\" href=\"data:{};base64,{content}\">{name}</a> : {}</li>",
            file.media_type,
            escaped(&file.description)
        );
    }
    out.push_str("</ul>\n");
}

fn inline(text: &Text) -> String {
    let piece = |run: &super::document::Run| {
        let words = escaped(&run.text);
        match run.style {
            Style::Plain => words,
            Style::Strong => format!("<strong>{words}</strong>"),
            Style::Soft => format!("<em>{words}</em>"),
            Style::Code => format!("<code>{words}</code>"),
        }
    };
    text.0.iter().map(piece).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
