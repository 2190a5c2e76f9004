//! APPEND and REPLACE: their segments between literals become steps, each told when the one before was answered; then
//! the octets are streamed.

use super::super::append::{self, Form, Next, Place};
use super::super::args::{Args, Parsed, syntax};
use super::super::assembler::Announced;
use super::super::table::{self, Action};
use super::{AppendAsked, Event, Phase, Server, read_tag};
use crate::mail::{Fault, Status};
use crate::proto::Step;

impl Server {
    /// Whether the command that is being read takes messages.
    pub(super) fn append_form(&mut self) -> Parsed<Option<Form>> {
        let mut args = Args::new(self.assembler.text());
        let named = read_tag(&mut args).filter(|_| args.take(b" ")).and_then(|_| table::name(&mut args).ok());
        let row = named.and_then(|name| table::find(&name));
        let Some(Action::Append(form)) = row.map(|row| &row.action) else { return Ok(None) };
        let text = self.assembler.text().to_vec();
        self.begin(&mut Args::new(&text)).map(|_| Some(*form))
    }

    /// A segment ended in a literal's announcement.
    pub(super) fn append_announced(&mut self, form: Form, place: Place, announced: Announced) -> Option<Step<Event>> {
        let text = self.assembler.text().to_vec();
        let steps = behind_name(place, &text).and_then(|mut args| {
            if announced.size > self.limits.append {
                return Err(Fault::user(Status::MessageTooLarge, "APPEND beyond the limit"));
            }
            append::segment(&mut args, form, place, Some(announced.size))
        });
        match steps {
            Ok((steps, Next::Octets(behind))) => {
                Some(self.ask_append(AppendAsked { form, steps: steps.into(), literal: Some((announced, behind)) }))
            }
            Ok((_, Next::String)) if self.collects(announced) => {
                self.phase = if place == Place::Start { Phase::Reading } else { Phase::Appending(form, place) };
                None
            }
            Ok((_, Next::String)) => dropped(place),
            Ok((_, Next::End)) => self.append_broken(place, announced, syntax("a literal behind APPEND")),
            Err(fault) => self.append_broken(place, announced, fault),
        }
    }

    fn append_broken(&mut self, place: Place, announced: Announced, fault: Fault) -> Option<Step<Event>> {
        self.refuse(announced, fault);
        dropped(place)
    }

    /// The command has no literal at all: CATENATE of what exists.
    pub(super) fn append_whole(&mut self, form: Form, args: &mut Args<'_>) -> Option<Step<Event>> {
        let steps = args.space().and_then(|()| append::segment(args, form, Place::Start, None));
        match steps {
            Ok((steps, _)) => Some(self.ask_append(AppendAsked { form, steps: steps.into(), literal: None })),
            Err(fault) => {
                self.fail(&fault);
                None
            }
        }
    }

    /// The line behind a message's octets: more of the command, or its end.
    pub(super) fn append_line(&mut self, form: Form, place: Place, text: &[u8]) -> Step<Event> {
        match append::segment(&mut Args::new(text), form, place, None) {
            Ok((steps, _)) => self.ask_append(AppendAsked { form, steps: steps.into(), literal: None }),
            Err(fault) => {
                self.fail(&fault);
                Step::Event(Event::AppendDropped)
            }
        }
    }

    /// The step before was answered well.
    pub(super) fn append_goes_on(&mut self, asked: AppendAsked) {
        match asked {
            AppendAsked { form, literal: Some((announced, place)), steps } if steps.is_empty() => {
                self.assembler.stream(announced.size);
                self.invite(announced);
                self.phase = Phase::Appending(form, place);
            }
            asked => self.pending = Some(self.ask_append(asked)),
        }
    }

    /// The step was refused, and with it the command.
    pub(super) fn append_refused(&mut self, asked: &AppendAsked, fault: Fault) {
        match asked.literal {
            Some((announced, _)) => self.refuse(announced, fault),
            None => self.fail(&fault),
        }
    }

    /// Tells the next step; behind the last one the command is complete.
    fn ask_append(&mut self, mut asked: AppendAsked) -> Step<Event> {
        match asked.steps.pop_front() {
            Some(step) => {
                self.phase = Phase::AppendAsked(asked);
                Step::Event(Event::Append(step))
            }
            None => {
                self.phase = Phase::Asked;
                Step::Event(Event::AppendEnd)
            }
        }
    }
}

/// A segment's text: the first stands behind tag and name.
fn behind_name(place: Place, text: &[u8]) -> Parsed<Args<'_>> {
    let mut args = Args::new(text);
    if place == Place::Start {
        read_tag(&mut args).ok_or_else(|| syntax("a line without a tag"))?;
        args.space()?;
        table::name(&mut args)?;
        args.space()?;
    }
    Ok(args)
}

/// What was begun is given up.
fn dropped(place: Place) -> Option<Step<Event>> {
    (place != Place::Start).then_some(Step::Event(Event::AppendDropped))
}
