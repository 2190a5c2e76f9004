//! SMTP (RFC 5321) as machines: the server's side, the client's side, and the data between them.
