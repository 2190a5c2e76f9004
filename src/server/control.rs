//! The control socket: how `sceau account …`, `proof export` and the like reach a running server.
//!
//! A unix socket for its owner only; one JSON object a line each way. Whoever can open it may do everything that the
//! server's own user may do, so there is no login. What the requests mean is in [`office`](super::office).

use std::fs::{self, Permissions};
use std::future::Future;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader as AsyncBufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::office::Request;

/// A request is small; a reply may hold a proof or a list of accounts.
const REQUEST_MAX: u64 = 64 * 1024;
const REPLY_MAX: u64 = 256 * 1024 * 1024;
/// Commands are typed by people: more at once is a mistake.
const CONNECTIONS: usize = 16;
/// How long a command may take to send its line.
const PATIENCE: Duration = Duration::from_secs(10);

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It was done; what was asked for.
    Done(serde_json::Value),
    /// It was refused, or failed: why, for the administrator.
    Failed(String),
}

/// Takes the socket's place in the file system. One left over by a server that was killed is replaced: the data
/// directory's lock, which the caller holds, says that nobody listens on it.
///
/// # Errors
/// When the file can't be made.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers requests until dropped.
pub async fn serve<H, F>(listener: UnixListener, handle: H)
where
    H: Fn(Request) -> F + Send + Sync + 'static,
    F: Future<Output = Reply> + Send,
{
    let handle = Arc::new(handle);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut conversations = tokio::task::JoinSet::new();
    loop {
        while conversations.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let handle = Arc::clone(&handle);
                conversations.spawn(async move {
                    if let Err(error) = converse(stream, &*handle).await {
                        tracing::debug!(target: "sceau::control", %error, "conversation ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::error!(target: "sceau::control", %error, "cannot accept commands");
                sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

async fn converse<H, F>(stream: UnixStream, handle: &H) -> io::Result<()>
where
    H: Fn(Request) -> F,
    F: Future<Output = Reply>,
{
    let (read, mut write) = stream.into_split();
    let mut lines = AsyncBufReader::new(read);
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut lines).take(REQUEST_MAX);
        if timeout(PATIENCE, bounded.read_until(b'\n', &mut line)).await?? == 0 {
            return Ok(());
        }
        let reply = match serde_json::from_slice(&line) {
            Ok(request) => handle(request).await,
            Err(error) => Reply::Failed(format!("not a request that this version knows: {error}")),
        };
        let mut text = serde_json::to_vec(&reply)?;
        text.push(b'\n');
        write.write_all(&text).await?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
    }
}

/// A command that could not be carried to the server.
#[derive(Debug)]
pub struct ControlError {
    /// The socket.
    pub socket: PathBuf,
    /// What went wrong.
    pub source: io::Error,
}

impl std::fmt::Display for ControlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.socket.display(), self.source)
    }
}

impl std::error::Error for ControlError {}

/// Sends one request to the server that listens there, and waits for its reply.
///
/// # Errors
/// When nobody listens there, or the reply can't be read.
pub fn ask(socket: &Path, request: &Request) -> Result<Reply, ControlError> {
    exchange(socket, request).map_err(|source| ControlError { socket: socket.to_owned(), source })
}

fn exchange(socket: &Path, request: &Request) -> io::Result<Reply> {
    let mut stream = BlockingStream::connect(socket)?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reply = Vec::new();
    BufReader::new(stream).take(REPLY_MAX).read_until(b'\n', &mut reply)?;
    Ok(serde_json::from_slice(&reply)?)
}

#[cfg(test)]
mod tests {
    use super::super::accounts::AccountOrder;
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    #[expect(clippy::disallowed_methods, reason = "this is server")]
    async fn a_request_goes_and_its_reply_comes_and_nonsense_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.sock");
        fs::write(&path, "left over").unwrap();
        let listener = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let server = tokio::spawn(serve(listener, |request| async move {
            match request {
                Request::Account(AccountOrder::List) => Reply::Done(serde_json::json!(["a"])),
                _ => Reply::Failed("no".to_owned()),
            }
        }));
        let socket = path.clone();
        tokio::task::spawn_blocking(move || {
            assert!(
                matches!(ask(&socket, &Request::Account(AccountOrder::List)), Ok(Reply::Done(list)) if list[0] == "a")
            );
            let mut stream = BlockingStream::connect(&socket).unwrap();
            stream.write_all(b"{\"do\":\"dance\"}\n").unwrap();
            let mut reply = String::new();
            BufReader::new(&stream).read_line(&mut reply).unwrap();
            assert!(reply.starts_with("{\"failed\":"), "{reply}");
        })
        .await
        .unwrap();
        server.abort();
        assert!(ask(Path::new("/nowhere.sock"), &Request::Account(AccountOrder::List)).is_err());
    }
}
