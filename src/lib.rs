//! Sceau («seal»): an MSSanté mail operator in one binary.
//!
//! Other operators deliver to it over SMTP with mutual TLS, allowed by a national white list. People and record
//! software read and send over IMAP and submission. Every sealing, delivery and opening leaves a proof that anybody
//! can check offline, for ever, after the content is gone. A sysadmin runs it from one configuration file.
//!
//! # The map
//!
//! Layers from the ground up; each may use those above it in this table, as `tests/it/layers.rs` says exactly and
//! enforces.
//!
//! | layer | what | |
//! |---|---|---|
//! | [`mail`] | 0, words | addresses, ids, flags, status codes, faults: no I/O, no clock, no randomness |
//! | [`disk`] | 0, what a disk keeps | names that survive a loss of power |
//! | [`proto`] | 1, conversations | SMTP, IMAP, MIME, SASL, DSN as machines: bytes ↔ events |
//! | [`trust`] | 2, who is the other operator | certificates, white list, revocation |
//! | [`policy`] | 2, may they | facts → verdict; pure |
//! | [`seal`] | 2, sealing | encrypted bodies, keys, events as leaves |
//! | [`store`] | 3, mailboxes | engine, accounts, change log, quota, bodies |
//! | [`ledger`] | 3, the append-only log of proofs | tree, checkpoints, shards, witnesses, proof files, verification |
//! | [`attest`] | 4, proofs for a judge | a proof that was verified → «Attestation d'échange», HTML and PDF/A-3 |
//! | [`queue`] | 3, what still has to leave | items by due time, retry |
//! | [`flows`] | 4, the life of a message | receive · submit · deliver · open · record · purge |
//! | [`sessions`] | 5, what each peer can do | operator · submission · imap |
//! | [`net`] | 6, sockets, TLS, time-outs | drives machines and sessions |
//! | [`server`] | 7, composition | tasks, control socket, shutdown |
//! | [`config`] | 7, the file → settings of each part | |
//! | [`cli`] | 7, the command line | serve · demo · check · account · proof · … |
//!
//! # Where to start reading
//!
//! * A message comes in: [`net::connection`] drives [`sessions::operator`], whose machine is [`proto::smtp`]; the
//!   certificate becomes a [`trust::VerifiedOperator`]; [`flows::Intake`] seals the content and commits it with its
//!   proofs in one [`store::Store::write`]; only then does the peer read `250`.
//! * A person reads it: [`sessions::imap`]; a body leaves only against a [`store::TransferReceipt`], which
//!   [`flows::Openings`] gets from the commit of the proof.
//! * A message leaves: [`flows::Submission`] → [`queue`] → [`flows::Relay`] → [`net::relay`].
//! * A proof is checked: [`flows::Recorder`] moves leaves to the [`ledger`]; [`flows::Witnessing`] has peers countersign
//!   its state, [`flows::ProofsDoor`] shows it; [`ledger::proof_file`] is what people get.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | operator, *opérateur* | runs a mail service inside the trust space; known by the subject DN of its certificate |
//! | white list, *liste blanche* | ANS's list: domain → certificate DNs |
//! | trust space, *espace de confiance* | all domains of the white list; nothing leaves it |
//! | seal, *scellement* | we accepted exactly these bytes from this login for these recipients |
//! | opening, *ouverture* | a recipient's software or page showed the message, with a grade that says how sure that is |
//! | envelope | one accepted mail transaction and its id; not the Message-ID, which the sender chooses |
//! | event, leaf | a fact about a message, and its text in the log |
//! | commitment, disclosure | a salted digest in a leaf, and the value that opens it |
//! | ledger, checkpoint | the append-only Merkle log of leaves, and its signed size and root |
//! | proof, *preuve* | a file that shows that a leaf is in the log, verifiable offline |
//! | extent, segment | a piece of a sealed body, and the append-only file it lies in |
//! | hint | «look at the change log»: carries no data, may be merged, never lost |
//! | IGC-Santé | the PKI of French health: what the anchors are |
//! | FINESS, SIRET, RPPS, INS | identifiers of a structure, a company, a professional, a patient |

pub mod attest;
pub mod cli;
pub mod config;
pub mod disk;
pub mod flows;
pub mod ledger;
pub mod mail;
pub mod net;
pub mod policy;
pub mod proto;
pub mod queue;
pub mod seal;
pub mod server;
pub mod sessions;
pub mod store;
pub mod trust;
