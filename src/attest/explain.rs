//! What holds for every attestation: its limits, what the levels mean, how to verify, whom one has to trust.

use super::Proven;
use super::document::{Block, Style, Text};
use crate::ledger::Policy;
use crate::ledger::policy::Known;
use crate::seal::event::Field;

/// The policy that goes with the proofs.
pub(super) const POLICY_FILE: &str = "politique.txt";
/// The verification by hand that goes with the proofs.
pub(super) const SCRIPT_FILE: &str = "verification-a-la-main.sh";
/// It.
pub(super) const SCRIPT: &str = include_str!("by_hand.sh");

const LIMITS: [&str; 7] = [
    "Qui tenait le clavier : un fait est rattaché à une connexion authentifiée, au niveau indiqué, non à une personne physique.",
    "Que le message a été lu en entier ou compris : aucun degré d'ouverture ne l'établit, et un degré n'est jamais relevé.",
    "Ce que disait le message, ni que c'était exact : le journal n'en garde que des empreintes. Qui a gardé le message ou \
     une pièce peut montrer que c'est bien celui-là, à l'octet près.",
    "Qu'un fait qui ne figure pas ici n'a pas eu lieu : une attestation réunit les preuves qu'on lui a données.",
    "Ce qui est marqué « non divulgué » : la valeur est scellée dans la feuille, et n'est pas montrée ici.",
    "L'instant exact : entre les deux bornes, l'heure est celle qu'affirme l'opérateur.",
    "Une présomption légale : l'opérateur n'est pas un prestataire de services de confiance qualifié au sens du règlement \
     (UE) n° 910/2014. Ce document est un moyen de preuve, que le juge apprécie.",
];

/// What no attestation proves.
pub(super) fn limits(blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Ce que cette attestation ne prouve pas".to_owned()));
    blocks.push(Block::Points(LIMITS.into_iter().map(Text::from).collect()));
}

/// P0, P1, P2.
pub(super) fn levels(blocks: &mut Vec<Block>) {
    let level = |word: &str, text: &str| (word.to_owned(), vec![Text::from(text)]);
    blocks.push(Block::Heading(1, "Les niveaux de garantie".to_owned()));
    blocks.push(Block::Paragraph(
        "Le journal d'un opérateur est une suite de feuilles à laquelle on ne peut qu'ajouter. Changer ou retirer une \
         feuille change la racine du journal, que l'opérateur a signée et que d'autres ont vue."
            .into(),
    ));
    blocks.push(Block::Facts(vec![
        level(
            "P0, inscrit",
            "L'opérateur a signé un journal qui contient le fait. Il pourrait encore tenir deux journaux et montrer à \
             chacun le sien.",
        ),
        level(
            "P1, contresigné",
            "Des témoins, qui sont d'autres opérateurs, ont contresigné cet état du journal après avoir vérifié qu'il \
             continue tous ceux qu'ils avaient vus. Un second journal se verrait.",
        ),
        level(
            "P2, horodaté",
            "Une autorité d'horodatage (RFC 3161) a en outre daté un état du journal qui contient le fait.",
        ),
    ]));
}

/// How anybody verifies, in three ways.
pub(super) fn verification(proofs: &[Proven], policy: &Policy, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "Comment vérifier".to_owned()));
    blocks.push(Block::Paragraph(
        "Les fichiers joints suffisent, sans réseau ni accès à l'opérateur. Dans un lecteur de PDF ils sont sous le \
         trombone ; la commande pdfdetach -saveall les extrait tous. Trois moyens indépendants :"
            .into(),
    ));
    let name = proofs.first().map_or("fait.preuve", |proof| proof.name.as_str());
    let quoted = quoted(name);
    way(blocks, "Avec le programme Sceau", &format!("sceau proof verify --policy {POLICY_FILE} {quoted}"));
    blocks.push(Block::Paragraph(
        Text::default()
            .and(Style::Strong, "Dans un navigateur")
            .and(Style::Plain, " : la page autonome qu'écrit ")
            .and(Style::Code, "sceau proof page -o verifier.html")
            .and(Style::Plain, " vérifie les preuves qu'on y dépose, sans rien envoyer."),
    ));
    by_hand(proofs, &quoted, blocks);
    if policy.asks_witnesses() {
        return;
    }
    blocks.push(Block::Paragraph(
        "La politique de cette vérification ne demande aucun témoin : les preuves n'y dépassent pas le niveau P0, sauf \
         horodatage."
            .into(),
    ));
}

/// Without any program of ours.
fn by_hand(proofs: &[Proven], quoted: &str, blocks: &mut Vec<Block>) {
    way(
        blocks,
        "À la main, avec sha256sum et openssl",
        &format!(
            "# tout : champs révélés, inclusion, signatures\nsh {SCRIPT_FILE} {quoted} {POLICY_FILE}\n\
             # l'empreinte de la feuille seule\n\
             {{ printf '\\0'; sed -n '/^=== event$/,/^=== disclosures$/p' {quoted} | sed '1d;$d'; }} | sha256sum"
        ),
    );
    if let Some(size) = proofs.iter().find_map(message_size) {
        way(
            blocks,
            "L'empreinte d'une pièce enregistrée, et du message exporté (.eml)",
            &format!("sha256sum piece.pdf\ntail -c {size} message.eml | sha256sum"),
        );
    }
}

fn way(blocks: &mut Vec<Block>, title: &str, commands: &str) {
    blocks.push(Block::Paragraph(Text::default().and(Style::Strong, title).and(Style::Plain, " :")));
    blocks.push(Block::Commands(commands.to_owned()));
}

/// A file's name as a shell takes it.
fn quoted(name: &str) -> String {
    if name.contains(' ') { format!("'{name}'") } else { name.to_owned() }
}

fn message_size(proof: &Proven) -> Option<u64> {
    proof.file.disclosed(Field::Message)?.split(' ').nth(1)?.parse().ok()
}

/// The keys on which the verification rests.
pub(super) fn trust(policy: &Policy, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(1, "À qui il faut faire confiance".to_owned()));
    blocks.push(Block::Paragraph(
        Text::plain(
            "Une preuve ne vaut que par les clés qui l'ont signée. Celles qui suivent sont dans le fichier joint ",
        )
        .and(Style::Code, POLICY_FILE)
        .and(
            Style::Plain,
            " ; il ne prouve rien à lui seul : comparez-les à celles que chaque opérateur publie ou donne par une \
                 voie sûre.",
        ),
    ));
    let line = |known: &Known| Text::default().and(Style::Code, known.key.to_string());
    let mut facts = vec![("Journaux".to_owned(), policy.all_logs().iter().map(line).collect::<Vec<_>>())];
    if !policy.witnesses().is_empty() {
        facts.push(("Témoins".to_owned(), policy.witnesses().iter().map(line).collect()));
    }
    blocks.push(Block::Facts(facts));
}
