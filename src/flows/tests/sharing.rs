//! An organisation's mailbox: given to Anne, used by her, taken back; and proofs that always name her.

use super::*;
use crate::flows::{Modification, RightsChange};
use crate::mail::{AclRights, Rights, Status};
use crate::seal::event::Field;
use crate::store::Sign;

const BY: &str = "administration locale (root)";
const OPERATOR: EnvelopeId = EnvelopeId([0; 16]);

/// An account of a kind, without a password.
fn of_kind(store: &Arc<Store>, name: &str, kind: AccountKind) -> crate::mail::AccountId {
    let new = NewAccount {
        address: Address::parse(&format!("{name}@a.mssante.fr")).unwrap(),
        name: name.to_owned(),
        password_hash: String::new(),
        kind,
        quota: 1 << 20,
    };
    tokio::task::block_in_place(|| store.write_blocking(move |tx| tx.create_account(new))).unwrap()
}

/// The events of an envelope, each with the values of these fields.
fn told(world: &World, envelope: EnvelopeId, fields: &[Field]) -> Vec<String> {
    let events = world.store.events_of(envelope).unwrap();
    let value = |event: &crate::store::StoredEvent, field: Field| {
        let opening = event.openings.iter().find(|opening| opening.field == field);
        opening.map_or_else(|| "-".to_owned(), |opening| opening.value.clone())
    };
    let line = |event: &crate::store::StoredEvent| {
        let values: Vec<_> = fields.iter().map(|field| value(event, *field)).collect();
        format!("{}: {}", event.leaf.kind().word(), values.join(" | "))
    };
    events.iter().map(line).collect()
}

// [proofs#events] [rfc6409#6.1]
#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_mailbox_sends_in_its_name_and_the_proof_names_the_person() {
    let world = World::new();
    let accueil = of_kind(&world.store, "accueil", AccountKind::Organisation);
    let grants = Grants::new(Arc::clone(&world.store));
    let anne = world.anne.account;
    let begin = || world.submission().begin(&world.anne, peer(), path("accueil@a.mssante.fr"), &nothing());
    assert_eq!(begin().err().map(|fault| fault.status), Some(Status::NotYourAddress), "nothing was given yet");
    grants.grant(accueil, anne, Rights::READ, BY.to_owned()).await.unwrap();
    assert_eq!(begin().err().map(|fault| fault.status), Some(Status::NotYourAddress), "reading is not sending");
    grants.grant(accueil, anne, Rights::ALL, BY.to_owned()).await.unwrap();

    let mut outgoing = begin().unwrap();
    outgoing.recipient(&Address::parse("bruno@b.mssante.fr").unwrap(), &no_wish()).unwrap();
    let message = "From: Accueil <accueil@a.mssante.fr>\r\nSubject: s\r\n\r\nx\r\n";
    let envelope = send(outgoing, message).await.unwrap();
    let events = told(&world, envelope, &[Field::From, Field::Login]);
    assert_eq!(events[0], "seal: accueil@a.mssante.fr | anne@a.mssante.fr");

    grants.revoke(accueil, anne, BY.to_owned()).await.unwrap();
    assert_eq!(begin().err().map(|fault| fault.status), Some(Status::NotYourAddress), "at once");
    let rights = told(&world, OPERATOR, &[Field::Mailbox, Field::Login, Field::By]);
    assert_eq!(
        rights,
        [
            "grant: accueil@a.mssante.fr read | anne@a.mssante.fr | administration locale (root)",
            "grant: accueil@a.mssante.fr read,write,send,admin | anne@a.mssante.fr | administration locale (root)",
            "revoke: accueil@a.mssante.fr | anne@a.mssante.fr | administration locale (root)",
        ]
    );
}

// [proofs#events]
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_in_a_shared_mailbox_names_the_person_the_mailbox_and_the_evidence() {
    let world = World::new();
    let accueil = of_kind(&world.store, "accueil", AccountKind::Organisation);
    Grants::new(Arc::clone(&world.store)).grant(accueil, world.anne.account, Rights::ALL, BY.to_owned()).await.unwrap();
    let mut outgoing = world.submission().begin(&world.anne, peer(), path("anne@a.mssante.fr"), &nothing()).unwrap();
    let to = Address::parse("accueil@a.mssante.fr").unwrap();
    outgoing.recipient(&to, &no_wish()).unwrap();
    let envelope = send(outgoing, "From: anne@a.mssante.fr\r\nSubject: s\r\n\r\nx\r\n").await.unwrap();
    let login = Login {
        evidence: Some("token jti:1".to_owned()),
        behalf: Some(Behalf { account: accueil, address: to, rights: Rights::ALL }),
        ..Login::new(world.anne.account, world.anne.address.clone(), Level::Psc)
    };
    let account = world.store.account(login.mailbox()).unwrap();
    let inbox = account.mailbox_by_name("INBOX").unwrap().unwrap().id;
    let uid = account.index(inbox).unwrap().snapshot().0.last().unwrap().uid;
    let openings = Openings::new(Arc::clone(&world.store));
    openings.fetch(&account, inbox, &[uid], &login, FetchBasis::Body, Access::ReadWrite).await.unwrap();
    let events = told(&world, envelope, &[Field::Mailbox, Field::Login, Field::Auth]);
    let who = "accueil@a.mssante.fr INBOX | anne@a.mssante.fr | token jti:1";
    assert_eq!(events[2..], [format!("transfer: {who}"), format!("open: {who}")]);
    assert!(world.store.events_of(envelope).unwrap()[3].leaf.text().contains("\nlevel psc\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_shared_mailboxes_are_given_and_only_to_persons() {
    let world = World::new();
    let accueil = of_kind(&world.store, "accueil", AccountKind::Organisation);
    let appli = of_kind(&world.store, "appli", AccountKind::Application);
    let grants = Grants::new(Arc::clone(&world.store));
    let alain = world.store.find(&Address::parse("alain@a.mssante.fr").unwrap()).unwrap().id;
    let anne = world.anne.account;
    let nobody = crate::mail::AccountId(999);
    for (mailbox, person, status) in [
        (alain, anne, Some(Status::CannotOnThisMailbox)),
        (accueil, appli, Some(Status::CannotOnThisMailbox)),
        (accueil, accueil, Some(Status::CannotOnThisMailbox)),
        (nobody, anne, Some(Status::RecipientUnknown)),
        (accueil, nobody, Some(Status::RecipientUnknown)),
        (appli, anne, None),
    ] {
        let done = grants.grant(mailbox, person, Rights::ALL, BY.to_owned()).await;
        assert_eq!(done.err().map(|fault| fault.status), status);
    }
    assert_eq!(world.store.events_of(OPERATOR).unwrap().len(), 1, "what is refused leaves no leaf");
    let never = grants.revoke(accueil, anne, BY.to_owned()).await;
    assert_eq!(never.unwrap_err().status, Status::NoSuchMailbox);
}

// [proofs#events] [rfc4314#3.1]
#[tokio::test(flavor = "multi_thread")]
async fn rights_over_one_folder_are_proved_when_they_let_somebody_read() {
    let world = World::new();
    let accueil = of_kind(&world.store, "accueil", AccountKind::Organisation);
    let grants = Grants::new(Arc::clone(&world.store));
    let alain = world.store.find(&Address::parse("alain@a.mssante.fr").unwrap()).unwrap().id;
    let mailbox = world.store.account(accueil).unwrap().mailbox_by_name("INBOX").unwrap().unwrap().id;
    type How = fn(AclRights) -> Modification;
    let change = |person, letters: &str, how: How| RightsChange {
        account: accueil,
        mailbox,
        name: "INBOX".to_owned(),
        person,
        sign: Sign::Gives,
        modification: how(AclRights::parse(letters).unwrap()),
    };
    let refused = grants.set_rights(world.anne.clone(), change(alain, "lr", Modification::Replace)).await;
    assert_eq!(refused.unwrap_err().status, Status::NoRight, "whoever may not administer it changes nothing");
    grants.grant(accueil, world.anne.account, Rights::ADMIN, BY.to_owned()).await.unwrap();
    let owner = grants.set_rights(world.anne.clone(), change(accueil, "lr", Modification::Replace)).await;
    assert_eq!(owner.unwrap_err().status, Status::NoSuchIdentifier);
    let steps: [(&str, How); 4] = [
        ("i", Modification::Replace),
        ("lr", Modification::Add),
        ("l", Modification::Remove),
        ("", Modification::Replace),
    ];
    for (letters, how) in steps {
        grants.set_rights(world.anne.clone(), change(alain, letters, how)).await.unwrap();
    }
    assert_eq!(
        told(&world, OPERATOR, &[Field::Mailbox, Field::Login, Field::By]),
        [
            "grant: accueil@a.mssante.fr admin | anne@a.mssante.fr | administration locale (root)",
            "grant: accueil@a.mssante.fr INBOX lri | alain@a.mssante.fr | anne@a.mssante.fr",
            "revoke: accueil@a.mssante.fr INBOX | alain@a.mssante.fr | anne@a.mssante.fr",
        ]
    );
}
