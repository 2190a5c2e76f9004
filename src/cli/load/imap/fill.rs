//! The mailbox that is measured: as many letters as asked for, those that are there already counted.

use std::collections::VecDeque;

use super::client::Client;
use crate::cli::load::client::LoadError;
use crate::cli::load::letters::Letters;
use crate::mail::Time;

/// Letters that are on their way at a time.
const AT_ONCE: usize = 100;

/// Sees to it that `folder` exists and holds at least so many messages; how many it holds.
///
/// # Errors
/// `Refused`, `Connection`.
pub(super) async fn fill(
    client: &mut Client,
    folder: &str,
    messages: u64,
    letters: &Letters,
) -> Result<u64, LoadError> {
    let there = exists(client, folder).await?;
    let mut waiting = VecDeque::with_capacity(AT_ONCE);
    for number in there..messages {
        let date = internal_date(number);
        let letter = letters.letter(number, "moi@charge.mssante.fr");
        waiting.push_back(client.begin_append(&format!("{folder} (\\Seen) \"{date}\""), &letter).await?);
        if waiting.len() == AT_ONCE {
            end_all(client, &mut waiting).await?;
        }
    }
    end_all(client, &mut waiting).await?;
    exists(client, folder).await
}

async fn end_all(client: &mut Client, waiting: &mut VecDeque<u32>) -> Result<(), LoadError> {
    for tag in waiting.drain(..) {
        client.end(tag, |_| {}).await?;
    }
    Ok(())
}

/// Selects a mailbox, which is made where there is none; how many messages it holds.
///
/// # Errors
/// `Refused`, `Connection`.
pub(super) async fn exists(client: &mut Client, folder: &str) -> Result<u64, LoadError> {
    let mut messages = 0;
    let mut select = async || {
        let hear = |response: &[u8]| messages = number_before(response, "EXISTS").unwrap_or(messages);
        client.run(&format!("SELECT {folder}"), hear).await
    };
    if let Err(LoadError::Refused(_)) = select().await {
        client.run(&format!("CREATE {folder}"), |_| {}).await?;
        return Box::pin(exists(client, folder)).await;
    }
    Ok(messages)
}

/// `* 17 EXISTS`
pub(super) fn number_before(response: &[u8], word: &str) -> Option<u64> {
    let mut words = std::str::from_utf8(response).ok()?.split_ascii_whitespace().skip(1);
    let number = words.next()?.parse().ok()?;
    (words.next() == Some(word)).then_some(number)
}

fn internal_date(number: u64) -> String {
    Time::from_secs(i64::try_from(Letters::written(number)).unwrap_or_default()).internal_date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_the_word_follows() {
        assert_eq!(number_before(b"* 17 EXISTS\r\n", "EXISTS"), Some(17));
        assert_eq!(number_before(b"* 17 RECENT\r\n", "EXISTS"), None);
        assert_eq!(number_before(b"* OK EXISTS\r\n", "EXISTS"), None);
        assert_eq!(internal_date(0).trim(), "1-Mar-2026 00:00:00 +0000");
    }
}
