# LIST and LSUB with special use; INBOX first.
# [rfc3501#6.3.8] [rfc9051#6.3.9] [rfc3501#6.3.9] [rfc5258#3] [rfc6154#2] [rfc3348#3] [clients#imap-traps]
dovecot: agrees
begin: signed in
C: a LIST "" ""
S: * LIST (\Noselect) "/" ""
S: a OK LIST completed
C: b LIST "" "*"
S: * LIST (\HasNoChildren) "/" INBOX
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: b OK LIST completed
C: c LSUB "" "*"
S: * LSUB (\HasNoChildren) "/" INBOX
S: * LSUB (\HasNoChildren \Archive) "/" "Archive"
S: * LSUB (\HasNoChildren \Drafts) "/" "Drafts"
S: * LSUB (\HasNoChildren \Junk) "/" "Junk"
S: * LSUB (\HasNoChildren \Sent) "/" "Sent"
S: * LSUB (\HasNoChildren \Trash) "/" "Trash"
S: c OK LSUB completed
C: d LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)
S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
S: * LIST (\HasNoChildren \Archive \Subscribed) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts \Subscribed) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk \Subscribed) "/" "Junk"
S: * LIST (\HasNoChildren \Sent \Subscribed) "/" "Sent"
S: * LIST (\HasNoChildren \Trash \Subscribed) "/" "Trash"
S: d OK LIST completed
C: e LIST (SPECIAL-USE) "" %
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: e OK LIST completed
C: f LIST "" "inbox"
S: * LIST (\HasNoChildren) "/" INBOX
S: f OK LIST completed
C: g LIST "" "in%"
S: * LIST (\HasNoChildren) "/" INBOX
S: g OK LIST completed
C: h LIST "" "*x"
S: * LIST (\HasNoChildren) "/" INBOX
S: h OK LIST completed
C: i LSUB "" "iNb*"
S: * LSUB (\HasNoChildren) "/" INBOX
S: i OK LSUB completed
C: j CREATE Dossiers/2026/Labo
S: j OK [MAILBOXID (F10)] CREATE completed
C: k LIST "" "%"
# Dovecot: the names above are directories of its, and no mailboxes
S: * LIST (\HasNoChildren) "/" INBOX
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasChildren) "/" "Dossiers"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: k OK LIST completed
C: l LIST "Dossiers/" "%"
# Dovecot: the names above are directories of its, and no mailboxes
S: * LIST (\HasChildren) "/" "Dossiers/2026"
S: l OK LIST completed
C: m LIST "" (Dossiers/* "sent")
# Dovecot: the names above are directories of its, and no mailboxes
S: * LIST (\HasChildren) "/" "Dossiers/2026"
S: * LIST (\HasNoChildren) "/" "Dossiers/2026/Labo"
S: m OK LIST completed
C: n SUBSCRIBE Dossiers/2026/Labo
S: n OK SUBSCRIBE completed
C: o LSUB "" "%"
S: * LSUB (\HasNoChildren) "/" INBOX
S: * LSUB (\HasNoChildren \Archive) "/" "Archive"
S: * LSUB (\Noselect) "/" "Dossiers"
S: * LSUB (\HasNoChildren \Drafts) "/" "Drafts"
S: * LSUB (\HasNoChildren \Junk) "/" "Junk"
S: * LSUB (\HasNoChildren \Sent) "/" "Sent"
S: * LSUB (\HasNoChildren \Trash) "/" "Trash"
S: o OK LSUB completed
C: p LIST (SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (CHILDREN)
# Dovecot: it tells the use of a mailbox only where it is asked for
S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
S: * LIST (\HasNoChildren \Archive \Subscribed) "/" "Archive"
S: * LIST (\HasChildren) "/" "Dossiers" ("CHILDINFO" ("SUBSCRIBED"))
S: * LIST (\HasNoChildren \Drafts \Subscribed) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk \Subscribed) "/" "Junk"
S: * LIST (\HasNoChildren \Sent \Subscribed) "/" "Sent"
S: * LIST (\HasNoChildren \Trash \Subscribed) "/" "Trash"
S: p OK LIST completed
C: q LIST (RECURSIVEMATCH) "" "%"
S: q BAD [CLIENTBUG] the arguments have no valid form
C: r UNSUBSCRIBE Dossiers/2026/Labo
S: r OK UNSUBSCRIBE completed
C: s SUBSCRIBE Nowhere
# Dovecot: it subscribes only what is a mailbox, which tells whether there is one
S: s OK SUBSCRIBE completed
C: t LIST (SUBSCRIBED) "" "N*"
# Dovecot: so it is not subscribed
S: * LIST (\NonExistent \HasNoChildren \Subscribed) "/" "Nowhere"
S: t OK LIST completed
C: u LSUB "" "N*"
# Dovecot: so it is not subscribed
S: * LSUB (\Noselect) "/" "Nowhere"
S: u OK LSUB completed
C: v LIST "" "*" RETURN (SPECIAL-USE STATUS (UNSEEN))
# Dovecot: the names above are directories of its, and no mailboxes
S: * LIST (\HasNoChildren) "/" INBOX
S: * STATUS INBOX (UNSEEN 0)
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * STATUS "Archive" (UNSEEN 0)
S: * LIST (\HasChildren) "/" "Dossiers"
S: * STATUS "Dossiers" (UNSEEN 0)
S: * LIST (\HasChildren) "/" "Dossiers/2026"
S: * STATUS "Dossiers/2026" (UNSEEN 0)
S: * LIST (\HasNoChildren) "/" "Dossiers/2026/Labo"
S: * STATUS "Dossiers/2026/Labo" (UNSEEN 0)
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * STATUS "Drafts" (UNSEEN 0)
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * STATUS "Junk" (UNSEEN 0)
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * STATUS "Sent" (UNSEEN 0)
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: * STATUS "Trash" (UNSEEN 0)
S: v OK LIST completed
