# Modified UTF-7, in names and patterns; what can't be read is nobody's name.
# [rfc3501#5.1] [rfc3501#5.1.3] [clients#imap-traps]
begin: signed in
C: a CREATE "Envoy&AOk-s &- re&AOc-us"
S: a OK [MAILBOXID (F8)] CREATE completed
C: b CREATE "&2D3eAA-"
S: b OK [MAILBOXID (F9)] CREATE completed
C: c LIST "" "Envoy&AOk-s*"
S: * LIST (\HasNoChildren) "/" "Envoy&AOk-s &- re&AOc-us"
S: c OK LIST completed
C: d STATUS "Envoy&AOk-s &- re&AOc-us" (MESSAGES)
S: * STATUS "Envoy&AOk-s &- re&AOc-us" (MESSAGES 0)
S: d OK STATUS completed
C: e LIST "" "&2D3*"
S: e OK LIST completed
# not in its one form, cut in a surrogate pair, raw 8-bit, a control character
C: f CREATE "&AGE-"
S: f NO [CANNOT] this cannot be the name of a mailbox
C: g SELECT "&2D0-"
S: g NO [NONEXISTENT] there is no such mailbox
C> h SELECT "\xe9t\xe9"\r\n
S: h NO [NONEXISTENT] there is no such mailbox
C: i CREATE "a&AAo-b"
S: i NO [CANNOT] this cannot be the name of a mailbox
C: j LIST "" "&"
S: j OK LIST completed
C: k CREATE ../../etc/passwd
S: k OK [MAILBOXID (F13)] CREATE completed
C: l CREATE "a//b"
S: l NO [CANNOT] this cannot be the name of a mailbox
C: m CREATE "a*"
S: m NO [CANNOT] this cannot be the name of a mailbox
C: n CREATE /a
S: n NO [CANNOT] this cannot be the name of a mailbox
C: o LIST "" "*passwd"
S: * LIST (\HasNoChildren) "/" "../../etc/passwd"
S: o OK LIST completed
C: p ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: p OK ENABLE completed
C: q LIST "" "Env*"
S: * LIST (\HasNoChildren) "/" "Envoy\xc3\xa9s & re\xc3\xa7us"
S: q OK LIST completed
C> r STATUS "Envoy\xc3\xa9s & re\xc3\xa7us" (MESSAGES)\r\n
S: * STATUS "Envoy\xc3\xa9s & re\xc3\xa7us" (MESSAGES 0)
S: r OK STATUS completed
C: s CREATE {4+}
C> d\xc3\xa9j\r\n
S: s OK [MAILBOXID (F14)] CREATE completed
C: t LIST "" "d*"
S: * LIST (\HasNoChildren) "/" "d\xc3\xa9j"
S: t OK LIST completed
