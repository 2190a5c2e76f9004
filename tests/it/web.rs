//! A small web server for tests, over HTTP or HTTPS: answers each request by what a closure says, byte for byte, so that
//! it can also answer wrongly, in part, or never. Runs on threads; ends with its value.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "unit tests and integration tests each use a part")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What comes back.
pub struct Reply {
    /// All octets of it.
    pub bytes: Vec<u8>,
    /// Whether the connection then stays open, silent, until the client leaves.
    pub hold: bool,
}

impl Reply {
    /// A status line, these fields, and a body of a known length.
    pub fn new(status: &str, fields: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        Self { bytes: [head.as_bytes(), body].concat(), hold: false }
    }

    /// `200` with an entity tag made of the body's digest; `304` to who knows it.
    pub fn tagged(request: &Asked, body: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
        let tag = format!("\"{}\"", digest.as_ref().iter().take(8).map(|b| format!("{b:02x}")).collect::<String>());
        if request.head.contains(&format!("if-none-match: {tag}\r\n")) {
            return Self { bytes: b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), hold: false };
        }
        Self::new("200 OK", &format!("ETag: {tag}\r\n"), body)
    }

    /// These octets and nothing else.
    pub fn raw(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), hold: false }
    }

    /// Nothing, for as long as the client waits.
    pub fn silence() -> Self {
        Self { bytes: Vec::new(), hold: true }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Request line and fields; names in small letters as the client writes them.
    pub head: String,
    /// The body, by its length.
    pub body: Vec<u8>,
}

impl Asked {
    /// The path with its query.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

type Answers = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// The server.
pub struct Web {
    address: SocketAddr,
    scheme: &'static str,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
}

impl Web {
    /// In clear text.
    pub fn http(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, Arc::new(answer))
    }

    /// Under TLS with this chain and key, both PEM.
    pub fn https(chain: &str, key: &str, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::start(Some(Arc::new(config)), Arc::new(answer))
    }

    /// The address of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn start(tls: Option<Arc<ServerConfig>>, answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (log, ended) = (Arc::clone(&asked), Arc::clone(&over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), tls, answers, log) = (stream, tls.clone(), Arc::clone(&answers), Arc::clone(&log))
                else {
                    continue;
                };
                std::thread::spawn(move || serve(&stream, tls, &answers, &log));
            }
        });
        Self { address, scheme, asked, over }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // The accepting thread looks up when somebody comes.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, tls: Option<Arc<ServerConfig>>, answers: &Answers, log: &Mutex<Vec<Asked>>) {
    match tls {
        None => {
            let _ = converse(stream, answers, log);
        }
        Some(config) => {
            let Ok(other) = stream.try_clone() else { return };
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), other);
            let _ = converse(&mut stream, answers, log);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn converse(mut stream: impl Read + Write, answers: &Answers, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let asked = read(&mut stream)?;
    log.lock().unwrap().push(asked.clone());
    let reply = answers(&asked);
    stream.write_all(&reply.bytes)?;
    stream.flush()?;
    if reply.hold {
        std::io::copy(&mut stream, &mut std::io::sink())?;
    }
    Ok(())
}

fn read(stream: &mut impl Read) -> std::io::Result<Asked> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok(Asked { head, body })
}
