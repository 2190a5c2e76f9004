//! From an event of the machine to the function that carries it out, and from its result to the answer.

use super::flags::Asked;
use super::view::Expunges;
use super::{Imap, Output};
use crate::mail::{Blame, Fault, Status};
use crate::proto::Machine;
use crate::proto::imap::command::{Command, Kind, Numbers};
use crate::proto::imap::response::{self, Completion};
use crate::proto::imap::server::{Answer, Event, IdleEnd};

/// What a command comes to.
pub(super) type Outcome = Result<Completion, Fault>;

impl Imap {
    /// Carries an event out and answers it.
    pub(super) async fn happened(&mut self, event: Event, out: &mut Output) {
        let answer = match event {
            Event::Command(command) => self.command(command, out).await,
            Event::Keys(wanted) => self.keys(&wanted).await,
            Event::Append(step) => match self.stands().and_then(|()| self.note_rights(out)) {
                Ok(()) => self.append_step(step).await,
                Err(fault) => Answer::done(Err(fault)),
            },
            Event::Content(bytes) => return self.append_content(&bytes).await,
            Event::AppendDropped => return self.upload = None,
            Event::AppendEnd => {
                let outcome = self.append_end(out).await;
                self.finish(outcome, Expunges::Tell, out)
            }
            Event::IdleEnd(end) => self.finish(idle_outcome(end), Expunges::Tell, out),
        };
        if let Answer::Done { result: Err(fault), .. } = &answer {
            self.log(fault);
        }
        self.machine.answer(answer);
    }

    async fn command(&mut self, command: Command, out: &mut Output) -> Answer {
        let expunges = expunges_during(&command.kind);
        if let Err(fault) = self.stands().and_then(|()| self.look_at_rights(&command.kind, out)) {
            return Answer::done(Err(fault));
        }
        match command.kind {
            Kind::Login(credentials) => self.login(credentials).await,
            Kind::Select { mailbox, access, params } => self.select(&mailbox, access, &params, out),
            Kind::Close => self.close().await,
            Kind::Unselect => self.unselect(),
            Kind::Idle => self.idle(out),
            Kind::Unauthenticate => self.unauthenticate(),
            kind => {
                let own = self.changes_itself(&kind);
                let outcome = self.carry_out(&command.tag, kind, out).await;
                if outcome.is_ok() {
                    self.note_own(own);
                }
                self.finish(outcome, expunges, out)
            }
        }
    }

    /// The commands that leave the connection in its state.
    async fn carry_out(&mut self, tag: &str, kind: Kind, out: &mut Output) -> Outcome {
        match kind {
            Kind::Capability => {
                let capabilities = self.machine.capabilities(self.machine.state());
                write_line(out, format_args!("* CAPABILITY {capabilities}"));
                Ok(Completion::plain())
            }
            Kind::Noop => Ok(Completion::plain()),
            Kind::Id(fields) => Ok(self.id(&fields, out)),
            Kind::Enable(names) => Ok(self.enable(&names, out)),
            Kind::Namespace => self.namespace(out),
            Kind::Create { mailbox, uses } => self.create(&mailbox, &uses, out).await,
            Kind::Acl(command) => self.acl(command, out).await,
            Kind::Metadata(command) => self.metadata(command, out).await,
            Kind::Notify(command) => self.notify(command, out),
            Kind::Compress => self.compress(),
            Kind::GetQuota(root) => self.get_quota(&root, out),
            Kind::GetQuotaRoot(mailbox) => self.get_quota_root(&mailbox, out),
            // [rfc9208#4.1.1]
            Kind::SetQuota => Err(Fault::user(Status::NotPermitted, "limits are set by the administrator")),
            Kind::Delete(name) => self.delete(&name).await,
            Kind::Rename { from, to } => self.rename(&from, &to, out).await,
            Kind::Subscribe(name) => self.subscribe(&name).await,
            Kind::Unsubscribe(name) => self.unsubscribe(&name).await,
            Kind::List(list) => self.list(&list, out).await,
            Kind::Lsub { reference, pattern } => self.lsub(&reference, &pattern, out).await,
            Kind::Status { mailbox, items } => self.status(&mailbox, &items, out),
            Kind::Expunge(set) => self.expunge(set).await,
            Kind::MultiSearch(search) => self.multi_search(tag, search, out).await,
            Kind::CancelUpdate(tags) => self.cancel_update(&tags),
            Kind::UidBatches(batches) => self.uid_batches(tag, batches, out),
            Kind::Search { returns, key, numbers } => self.search(tag, returns, key, numbers, out).await,
            Kind::Sort { sort, numbers } => self.sort(tag, sort, numbers, out).await,
            Kind::Thread { algorithm, key, numbers } => self.thread(tag, algorithm, key, numbers, out).await,
            Kind::Fetch { set, numbers, items, modifiers } => self.fetch(&set, numbers, items, modifiers, out).await,
            Kind::Store { set, numbers, unchanged_since, change, silence, flags } => {
                let asked = Asked { unchanged_since, change, silence, flags };
                self.store(&set, numbers, asked, out).await
            }
            Kind::Copy(transfer) => self.copy(&transfer).await,
            Kind::Move(transfer) => self.move_messages(&transfer, out).await,
            Kind::Login(_) | Kind::Select { .. } | Kind::Close | Kind::Unselect | Kind::Idle | Kind::Unauthenticate => {
                unreachable!("carried out by `command`, for they change the connection's state")
            }
        }
    }

    /// Tells what happened meanwhile, then gives the answer: once its tag is seen, the client may count on its view.
    pub(super) fn finish(&mut self, outcome: Outcome, expunges: Expunges, out: &mut Output) -> Answer {
        let told = self.tell(expunges, out);
        Answer::done(outcome.and_then(|completion| told.map(|()| completion)))
    }

    fn log(&self, fault: &Fault) {
        let peer = self.peer;
        let account = self.person.as_ref().map(|person| person.login.account.0);
        if fault.blame == Blame::User {
            tracing::debug!(target: "sceau::imap", %peer, account, %fault, "refused");
        } else {
            tracing::error!(target: "sceau::imap", %peer, account, %fault, "failed");
        }
    }
}

/// Whether the client may hear of expunges before the answer to this command.
// [rfc3501#7.4.1] [rfc9051#7.5.1] [rfc3501#5.5]
fn expunges_during(kind: &Kind) -> Expunges {
    match kind {
        Kind::Fetch { numbers: Numbers::Sequence, .. }
        | Kind::Store { numbers: Numbers::Sequence, .. }
        | Kind::Search { numbers: Numbers::Sequence, .. }
        | Kind::Sort { numbers: Numbers::Sequence, .. }
        | Kind::Thread { numbers: Numbers::Sequence, .. } => Expunges::Hold,
        _ => Expunges::Tell,
    }
}

fn idle_outcome(end: IdleEnd) -> Outcome {
    match end {
        IdleEnd::Done => Ok(Completion::plain()),
        IdleEnd::Broken => Err(Fault::user(crate::mail::Status::Syntax, "IDLE ends with DONE")),
    }
}

/// Writes one untagged line.
pub(super) fn write_line(out: &mut Output, text: std::fmt::Arguments<'_>) {
    let mut line = Vec::new();
    response::line(&mut line, text);
    out.extend(&line);
}
