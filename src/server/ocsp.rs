//! Asks issuers by OCSP whether a peer's certificate is revoked: after its handshake, before anything is answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::revoked::Cutter;
use crate::mail::Edge;
use crate::net::http::{ClearText, Client, Request, Settings, Url};
use crate::net::tls::Inquiry;
use crate::trust::Trust;
use crate::trust::ocsp::{Known, Question};

/// A peer waits for this long at most, per address.
const WITHIN: Duration = Duration::from_secs(5);
/// Addresses that are asked.
const ADDRESSES_MAX: usize = 2;
/// An answer with its certificates has 2 kB.
const ANSWER_MAX: usize = 64 * 1024;
const REQUEST_KIND: &str = "application/ocsp-request";
// [rfc6960#A.2]
const RESPONSE_KIND: &str = "application/ocsp-response";

/// Asks, and leaves the answers with `trust`.
pub(super) struct OcspInquiry {
    trust: Arc<Trust>,
    /// Ends what else goes on with a certificate that turns out to be revoked.
    cutter: Arc<Cutter>,
    edge: Edge,
    /// How long an answer counts at most, in seconds.
    keep: AtomicU64,
}

impl OcspInquiry {
    /// Answers count for `keep` at most.
    pub(super) fn new(trust: Arc<Trust>, cutter: Arc<Cutter>, edge: Edge, keep: Duration) -> Self {
        Self { trust, cutter, edge, keep: AtomicU64::new(keep.as_secs()) }
    }

    /// Another time for which answers count.
    pub(super) fn set_keep(&self, keep: Duration) {
        self.keep.store(keep.as_secs(), Ordering::Relaxed);
    }

    async fn ask(&self, question: Question) {
        for address in question.addresses.iter().take(ADDRESSES_MAX) {
            let outcome = match self.try_address(address, &question).await {
                Ok(Known::Good) => "good",
                Ok(Known::Revoked) => {
                    self.cutter.cut();
                    "revoked"
                }
                Ok(Known::Nothing) => "unknown",
                Err(error) => {
                    tracing::warn!(target: "sceau::trust", address, error, "no answer by OCSP: revocation lists decide");
                    "failed"
                }
            };
            metrics::counter!("sceau_ocsp_answers_total", "outcome" => outcome).increment(1);
            if outcome != "failed" {
                return;
            }
        }
        self.trust.ocsp_silent(&question, self.edge.now());
    }

    async fn try_address(&self, address: &str, question: &Question) -> Result<Known, String> {
        let url: Url = address.parse().map_err(|_| "not an address".to_owned())?;
        let bounds =
            Settings { within: WITHIN, body_max: ANSWER_MAX, clear_text: ClearText::Allowed, ..Settings::default() };
        let anchors = self.trust.snapshot().anchors.clone();
        let client = Client::new(anchors, bounds, Arc::clone(&self.edge.clock)).map_err(|error| error.to_string())?;
        let request = Request::post(&url, REQUEST_KIND, question.request.clone()).with("accept", RESPONSE_KIND);
        let response = client.send(request).await.map_err(|error| error.to_string())?;
        if response.status != 200 || response.kind != RESPONSE_KIND {
            return Err(format!("answered {} {:?}", response.status, response.kind));
        }
        let keep = Duration::from_secs(self.keep.load(Ordering::Relaxed));
        let known = self.trust.ocsp_answer(question, &response.body, keep, self.edge.now());
        known.map_err(|error| error.to_string())
    }
}

impl Inquiry for OcspInquiry {
    fn about<'a>(&'a self, chain: &'a [Vec<u8>]) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            if let Some(question) = self.trust.ocsp_question(chain, self.edge.bytes(), self.edge.now()) {
                self.ask(question).await;
            }
        })
    }
}
