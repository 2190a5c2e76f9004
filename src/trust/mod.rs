//! Layer 2, the trust space: who is the other operator. Certificates, white list, revocation.
