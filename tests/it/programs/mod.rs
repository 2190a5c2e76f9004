//! The server as real programs meet it: each test starts the demonstration's two operators and lets a program of
//! Debian's talk to them.

mod demo;
mod dossier;
mod dovecot;
mod logins;
mod mail_clients;
mod receipts;
mod smtp_tools;
mod sync_clients;
mod thunderbird;
mod tokens;
