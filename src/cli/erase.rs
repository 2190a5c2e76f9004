//! `sceau erase` and `sceau hold`: the right to be forgotten, and what the law keeps from it.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::ask::ask;
use super::terminal::tell;
use super::{ConfigFile, Outcome};
use crate::server::destroy::{HoldFacts, HoldOn};
use crate::server::office::Request;

#[derive(Subcommand)]
pub(super) enum Erase {
    #[command(
        about = "Efface une personne : ses clés sont détruites, sauvegardes comprises ; les preuves restent vérifiables"
    )]
    Person {
        #[arg(value_name = "ADRESSE", help = "Adresse de la personne, ici ou ailleurs")]
        address: String,
        #[arg(
            long,
            value_name = "MOT",
            help = "Fondement, inscrit au journal : un mot de a-z, 0-9 et « - », jamais un nom (ex. rgpd-17-1-b)"
        )]
        ground: String,
        #[arg(long, help = "Supprimer aussi son compte d'ici, avec tous ses messages")]
        with_account: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(Subcommand)]
pub(super) enum Hold {
    #[command(about = "Garde un compte ou un message de toute purge et de l'effacement")]
    Add {
        #[command(flatten)]
        on: On,
        #[arg(long, value_name = "TEXTE", default_value = "", help = "Motif : un numéro de dossier, jamais un nom")]
        reason: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Liste ce qui est gardé")]
    List(ConfigFile),
    #[command(about = "Lève une conservation")]
    Remove {
        #[command(flatten)]
        on: On,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// What a hold is on.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct On {
    #[arg(long, value_name = "ADRESSE", help = "Le compte de cette adresse")]
    account: Option<String>,
    #[arg(long, value_name = "ID", help = "L'enveloppe de cet identifiant")]
    envelope: Option<String>,
}

impl On {
    fn hold(self) -> HoldOn {
        match (self.account, self.envelope) {
            (Some(address), _) => HoldOn::Account(address),
            (None, id) => HoldOn::Envelope(id.unwrap_or_default()),
        }
    }
}

pub(super) fn erase(command: Erase) -> Outcome {
    let Erase::Person { address, ground, with_account, file } = command;
    let leaves: u64 = ask(&file.load()?, Request::ErasePerson { address, ground, with_account })?;
    tell(&format!(
        "Effacé : {leaves} feuilles du journal ne s'ouvrent plus pour personne, dans les sauvegardes non plus ; \
         la preuve de l'effacement est au journal."
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn hold(command: Hold) -> Outcome {
    match command {
        Hold::Add { on, reason, file } => {
            let () = ask(&file.load()?, Request::HoldAdd { on: on.hold(), reason })?;
            tell("Conservé jusqu'à « sceau hold remove ».")?;
        }
        Hold::Remove { on, file } => {
            let there: bool = ask(&file.load()?, Request::HoldRemove { on: on.hold() })?;
            tell(if there { "Conservation levée." } else { "Rien n'était conservé à ce nom." })?;
        }
        Hold::List(file) => {
            let holds: Vec<HoldFacts> = ask(&file.load()?, Request::HoldList)?;
            for HoldFacts { on, since, reason } in &holds {
                tell(&format!("{on:<44} depuis {since}  {reason}"))?;
            }
            if holds.is_empty() {
                tell("Rien n'est conservé au-delà des délais.")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
