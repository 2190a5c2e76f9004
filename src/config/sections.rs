//! Every setting of the server, declared once. The comments are French because they become the comments of
//! `config/sceau.example.toml`, which administrators read; names, units and limits come from the same entry.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::table::{Key, Presence, Reader, Table, settings};
use super::values::{DkimKey, HostPort, LogFormat, Ocsp, Setting, Size, Switch};
use crate::mail::Domain;
use crate::net::clamav::Socket;
use crate::net::http::Url;
use crate::net::tls::Tickets;
use crate::net::tokens::{Algorithm, Inquiry, Issuer};
use crate::trust::signature::SignaturePolicy;
use crate::trust::{AttributeType, DistinguishedName, ExtendedUsage, HostNameRule, RevocationDepth, UnknownRevocation};

settings! {
    /// Le serveur lui-même.
    server: Server {
        /// Nom public de cette machine : salutations SMTP, champs « Received », certificats.
        name: Domain = Required r#""mail.chu-exemple.mssante.fr""#;
        /// Domaines dont les boîtes sont ici. Le premier nomme aussi le journal de preuves.
        domains: Vec<Domain> = Required r#"["chu-exemple.mssante.fr"]"#;
        /// Répertoire des données : boîtes, preuves, file d'attente, clé maîtresse. À sauvegarder, sans le coffre « vault ».
        data: PathBuf = Default r#""/var/lib/sceau""#;
        /// Prise de commande locale (socket unix, droits 0600). Absente : « control.sock » dans « data ».
        control: Option<PathBuf> = Optional r#""/run/sceau/control.sock""#;
        /// À l'arrêt, temps laissé aux conversations en cours.
        stop_within: Duration = Default r#""20 s""# (r#""1 s""# to r#""5 min""#);
    }

    /// Le journal d'exploitation, sur la sortie d'erreur (donc journald sous systemd). Jamais de contenu de message.
    log: Log {
        /// « human » (lisible) ou « json » (un objet par ligne, pour un collecteur).
        format: LogFormat = Default r#""human""#;
        /// Niveau, par module si besoin : « info », « debug », « info,sceau::net=debug ».
        level: String = Default r#""info""#;
    }

    /// Mesures, au format texte de Prometheus. Aussi par `sceau metrics`, sans rien ouvrir.
    metrics: Metrics {
        /// Adresse d'écoute en HTTP simple, chemin « /metrics ». Boucle locale seulement. Absente : rien n'écoute.
        listen: Option<SocketAddr> = Optional r#""127.0.0.1:9464""#;
    }

    /// Espace de confiance : à quels opérateurs on parle. Tous ces fichiers sont relus quand ils changent.
    trust: Trust {
        /// Autorités de certification (PEM ou DER ; fichiers ou répertoires) : racine et autorités filles de
        /// l'IGC-Santé. Voir certs/README.md.
        anchors: Vec<PathBuf> = Required r#"["/etc/sceau/igc-sante"]"#;
        /// Listes de révocation (CRL, PEM ou DER ; fichiers ou répertoires) que quelqu'un d'autre tient à jour.
        crls: Vec<PathBuf> = Default "[]";
        /// Adresses de listes de révocation à télécharger (HTTP : elles sont signées), une par autorité émettrice.
        crl_urls: Vec<Url> = Default "[]";
        /// Télécharger aussi celles que nomment les certificats des autorités et les nôtres (points de distribution).
        crl_from_certificates: bool = Default "true";
        /// Fréquence de téléchargement des CRL, donc délai au plus pour qu'une révocation compte. Plus tôt avant leur fin.
        crl_every: Duration = Default r#""1 h""# (r#""1 s""# to r#""7 d""#);
        /// Couper les sessions ouvertes d'un opérateur dont le certificat vient d'être révoqué (dans les deux sens).
        cut_revoked_sessions: bool = Default "true";
        /// Après la date de fin d'une CRL, temps pendant lequel elle sert encore (avec avertissement) ; ensuite 4xx.
        crl_grace: Duration = Default r#""3 d""# (r#""0 s""# to r#""30 d""#);
        /// Certificats dont la révocation est vérifiée : « chain » (celui du correspondant et ses autorités) ou « leaf ».
        revocation_depth: RevocationDepth = Default r#""chain""#;
        /// Quand la révocation ne peut être connue : « defer » (4xx), « refuse » ou « accept » (déconseillé).
        unknown_revocation: UnknownRevocation = Default r#""defer""#;
        /// Interroger aussi les autorités par OCSP : « off » ou « on ». Après la poignée de main, avant toute réponse ; un
        /// « révoqué » refuse, un « valable » vaut une CRL du certificat, sans réponse les CRL décident.
        ocsp: Ocsp = Default r#""off""#;
        /// Usage étendu demandé aux certificats d'opérateur : « role » (client ou serveur selon le sens), « either »
        /// (l'un des deux suffit) ou « any ».
        extended_usage: ExtendedUsage = Default r#""either""#;
        /// Où le nom d'hôte d'un serveur appelé doit se trouver : « alternative-name » ou « common-name-too ».
        host_name: HostNameRule = Default r#""alternative-name""#;
        /// Liste blanche de l'ANS (XML) : fichier que quelqu'un d'autre tient à jour. Avec « white_list_url », il ne sert
        /// qu'au premier démarrage. L'un des deux est nécessaire.
        white_list: Option<PathBuf> = Optional r#""/etc/sceau/listeblanchemssante.xml""#;
        /// Adresse d'où télécharger la liste blanche.
        white_list_url: Option<Url> = Optional r#""https://espacedeconfiance.mssante.fr/listeblanchemssante.xml""#;
        /// Autorités du serveur HTTPS de cette adresse. Vide : celles de « anchors ». Jamais celles du système.
        white_list_url_anchors: Vec<PathBuf> = Default "[]";
        /// Fréquence de téléchargement de la liste blanche (à 10 % près, au hasard).
        white_list_every: Duration = Default r#""6 h""# (r#""1 s""# to r#""7 d""#);
        /// Nombre de listes acceptées gardées dans « data » (`sceau trust list history`).
        white_list_keep: u32 = Default "30" ("1" to "1000");
        /// Âge à partir duquel la liste blanche est dite ancienne (avertissement).
        white_list_age: Duration = Default r#""7 d""# (r#""1 h""# to r#""365 d""#);
        /// Temps pendant lequel une liste ancienne sert encore ; ensuite on diffère (4xx).
        white_list_grace: Duration = Default r#""7 d""# (r#""0 s""# to r#""365 d""#);
        /// Part des lignes, en pour cent, qu'une nouvelle liste peut avoir perdue ; au-delà elle est refusée.
        white_list_shrink_max: u32 = Default "10" ("0" to "100");
        /// Signature de la liste blanche : « required » (exigée), « if-present » (vérifiée si elle y est) ou « off ».
        white_list_signature: SignaturePolicy = Default r#""if-present""#;
        /// Attributs que doit porter le DN du signataire de la liste. Sans eux, aucune signature n'est vérifiable.
        white_list_signer: Option<DistinguishedName> = Optional r#""CN=Liste Blanche MSSante,OU=318751275100020""#;
        /// Fréquence à laquelle on regarde si ces fichiers ont changé (aussi à chaque SIGHUP).
        reread_every: Duration = Default r#""1 min""# (r#""1 s""# to r#""1 d""#);
    }

    /// Échanges avec les autres opérateurs : port 25, STARTTLS, TLS mutuel obligatoire.
    operators: Operators {
        /// Adresses d'écoute. `[::]` écoute aussi en IPv4.
        listen: Vec<SocketAddr> = Default r#"["[::]:25"]"#;
        /// Certificat d'opérateur (PEM, avec sa chaîne), celui dont le DN est dans la liste blanche.
        certificate: PathBuf = Required r#""/etc/sceau/operateur.pem""#;
        /// Sa clé privée (PEM, PKCS#8), droits 0600. Jamais en clair dans ce fichier.
        key: PathBuf = Required r#""/etc/sceau/operateur.key""#;
        /// Reprise de sessions TLS : « off » ou « on ». Avec « off », chaque connexion montre son certificat.
        tickets: Tickets = Default r#""off""#;
        /// Taille maximale d'un message reçu.
        message_max: Size = Default r#""60 MB""# (r#""64 KiB""# to r#""100 MB""#);
        /// Destinataires au plus par message reçu.
        recipients_max: u32 = Default "1000" ("1" to "10000");
        /// Connexions simultanées au plus.
        connections: u32 = Default "1000" ("1" to "100000");
        /// Connexions simultanées au plus depuis une adresse IPv4 ou un réseau IPv6 /64.
        connections_per_address: u32 = Default "250" ("1" to "100000");
        /// Connexions simultanées au plus d'un même opérateur (par le DN de son certificat).
        connections_per_peer: u32 = Default "250" ("1" to "100000");
        /// Messages au plus par minute d'un même opérateur ; 0 : sans limite.
        messages_per_minute: u32 = Default "30000" ("0" to "1000000");
        /// Messages au plus par minute depuis une adresse IPv4 ou un réseau IPv6 /64 ; 0 : sans limite.
        messages_per_minute_per_address: u32 = Default "30000" ("0" to "1000000");
        /// Messages au plus par connexion (annoncé par EHLO : LIMITS MAILMAX).
        messages_per_connection: u32 = Default "1000" ("1" to "1000000");
        /// Commandes erronées au plus par connexion.
        errors_max: u32 = Default "10" ("1" to "1000");
        /// Expéditeurs et destinataires refusés au plus par connexion : sonder les adresses est borné.
        refusals_max: u32 = Default "100" ("1" to "10000");
        /// Attente de la commande suivante (RFC 5321 : 5 minutes).
        command_timeout: Duration = Default r#""5 min""# (r#""10 s""# to r#""1 h""#);
        /// Attente du bloc suivant d'un message (RFC 5321 : 3 minutes).
        block_timeout: Duration = Default r#""3 min""# (r#""10 s""# to r#""1 h""#);
        /// Débit le plus lent d'un message qui arrive, par minute d'attente ; en dessous la connexion est coupée.
        /// « 0 B » n'en demande aucun.
        slowest_per_minute: Size = Default r#""60 kB""# (r#""0 B""# to r#""60 MB""#);
    }

    /// Certificat présenté aux personnes et à leurs logiciels (ports 587, 465, 143, 993).
    clients: Clients {
        /// Certificat du serveur (PEM, avec sa chaîne). Ses noms doivent contenir celui de « server ».
        certificate: PathBuf = Required r#""/etc/sceau/serveur.pem""#;
        /// Sa clé privée (PEM, PKCS#8), droits 0600.
        key: PathBuf = Required r#""/etc/sceau/serveur.key""#;
    }

    /// Identification des personnes et de leurs logiciels (envoi et lecture). Voir docs/login.md.
    login: Login {
        /// SCRAM-SHA-256 et -PLUS : « on » ou « off ». Les clés SCRAM, gardées scellées à côté de l'empreinte Argon2,
        /// résistent moins qu'elle si la base et la clé maîtresse sont volées ; « off » n'en fait plus.
        scram: Switch = Default r#""on""#;
        /// Tours de PBKDF2 des clés SCRAM des nouveaux mots de passe. Cyrus SASL (mbsync, mutt) refuse plus de 65536 tours
        /// et n'essaie alors rien d'autre.
        scram_iterations: u32 = Default "50000" ("4096" to "65536");
        /// Certificats clients : « on » les demande (sans les exiger) et les accepte comme identification ; « off » non.
        certificates: Switch = Default r#""on""#;
        /// Autorités qui émettent les certificats des professionnels (attributs de leur DN). Seuls ces certificats
        /// désignent une personne ; tous les autres, l'organisation ou le logiciel qu'un administrateur y a attaché.
        person_issuers: Vec<DistinguishedName> = Default r#"["CN=AC IGC-SANTE ELEMENTAIRE PERSONNES", "CN=TEST AC IGC-SANTE ELEMENTAIRE PERSONNES"]"#;
        /// Attribut de leur sujet qui porte l'identifiant national (8 et le RPPS, 0 et l'ADELI).
        person_attribute: AttributeType = Default r#""CN""#;
        /// Échecs d'un même nom depuis une même adresse (ou un réseau IPv6 /64) avant que l'attente commence à croître.
        failures_free: u32 = Default "5" ("1" to "1000");
        /// Échecs de tous les noms ensemble depuis une même adresse. Ceux qui s'y sont déjà identifiés n'en souffrent pas.
        failures_per_address: u32 = Default "50" ("1" to "100000");
        /// Attente la plus longue avant de répondre ; au-delà, refus temporaire (454, NO UNAVAILABLE).
        failure_wait_max: Duration = Default r#""10 s""# (r#""0 s""# to r#""60 s""#);
        /// Temps au bout duquel la moitié des échecs est oubliée ; aucune punition ne dure plus.
        failures_half_life: Duration = Default r#""15 min""# (r#""1 s""# to r#""1 d""#);
    }

    /// Jetons de fournisseurs d'identité (XOAUTH2, OAUTHBEARER) : Pro Santé Connect ou un autre. Sans émetteur, ces
    /// mécanismes ne sont pas annoncés. Voir docs/login.md.
    tokens: Tokens {
        /// Émetteurs qui sont Pro Santé Connect, tels que les jetons les nomment (« iss »). Les preuves diront « psc ».
        psc_issuers: Vec<Issuer> = Default "[]";
        /// Chemin de leur description (OpenID Connect Discovery), après l'adresse de l'émetteur.
        psc_discovery: String = Default r#""/.well-known/wallet-openid-configuration""#;
        /// Autres émetteurs, par exemple l'annuaire d'un établissement (« /.well-known/openid-configuration »). Les preuves
        /// diront « password » : rien n'est su de plus de la façon dont la personne s'y identifie.
        other_issuers: Vec<Issuer> = Default "[]";
        /// Autorités (PEM ou DER) des serveurs HTTPS des émetteurs. Vide : celles de « trust ». Jamais celles du système.
        anchors: Vec<PathBuf> = Default "[]";
        /// Services dont les jetons sont acceptés (« aud ») : un nom d'ici doit y être.
        audiences: Vec<String> = Default "[]";
        /// Logiciels dont les jetons sont acceptés (« azp », « client_id »). L'une des deux listes est nécessaire, sinon
        /// un jeton fait pour n'importe quel service ouvrirait les boîtes ; quand les deux sont là, les deux comptent.
        clients: Vec<String> = Default "[]";
        /// Droits que le jeton doit porter (« scope »), tous.
        scopes: Vec<String> = Default r#"["openid"]"#;
        /// Algorithmes de signature acceptés, parmi ceux-ci.
        algorithms: Vec<Algorithm> = Default r#"["RS256", "PS256", "ES256", "EdDSA"]"#;
        /// Champs du jeton où se trouve l'identifiant national (8 et le RPPS, 0 et l'ADELI) ; ceux qui y sont doivent
        /// s'accorder. Un autre émetteur doit y garantir ce numéro : il ouvre les boîtes.
        person_claims: Vec<String> = Default r#"["SubjectNameID", "preferred_username"]"#;
        /// Écart toléré entre l'horloge de l'émetteur et la nôtre.
        leeway: Duration = Default r#""30 s""# (r#""0 s""# to r#""5 min""#);
        /// Âge à partir duquel les clés d'un émetteur sont relues.
        keys_every: Duration = Default r#""1 h""# (r#""1 s""# to r#""1 d""#);
        /// Temps au moins entre deux lectures des clés : un jeton qui nomme une clé inconnue n'en provoque pas d'autre.
        keys_again_after: Duration = Default r#""30 s""# (r#""1 s""# to r#""1 h""#);
        /// Quand l'émetteur ne répond plus, temps pendant lequel ses clés servent encore ; ensuite refus temporaire.
        keys_grace: Duration = Default r#""1 d""# (r#""0 s""# to r#""7 d""#);
        /// Attente d'une réponse de l'émetteur.
        timeout: Duration = Default r#""5 s""# (r#""1 s""# to r#""1 min""#);
        /// Demander à l'émetteur ce que vaut un jeton (RFC 7662) : « off », « opaque » (ceux que lui seul sait lire) ou
        /// « always » (les siens tous : un jeton révoqué avant sa fin n'ouvre plus rien).
        introspection: Inquiry = Default r#""off""#;
        /// Émetteur à qui l'on demande ; un jeton n'est montré qu'à lui. Absent : le premier des deux listes.
        introspection_issuer: Option<Issuer> = Optional r#""https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet""#;
        /// Notre identifiant chez lui.
        client_id: Option<String> = Optional r#""sceau""#;
        /// Fichier de notre secret chez lui (droits 0600).
        client_secret: Option<PathBuf> = Optional r#""/etc/sceau/psc.secret""#;
    }

    /// Envoi par les personnes et leurs logiciels (identification obligatoire, sous TLS).
    submission: Submission {
        /// Adresses d'écoute avec STARTTLS (port 587).
        listen: Vec<SocketAddr> = Default r#"["[::]:587"]"#;
        /// Adresses d'écoute en TLS immédiat (port 465).
        listen_tls: Vec<SocketAddr> = Default r#"["[::]:465"]"#;
        /// Taille maximale d'un message envoyé.
        message_max: Size = Default r#""60 MB""# (r#""64 KiB""# to r#""100 MB""#);
        /// Destinataires au plus par message envoyé.
        recipients_max: u32 = Default "40" ("1" to "100");
        /// Connexions simultanées au plus, sur chacun des deux ports.
        connections: u32 = Default "5000" ("1" to "100000");
        /// Connexions simultanées au plus depuis une adresse IPv4 ou un réseau IPv6 /64 (un établissement en NAT).
        connections_per_address: u32 = Default "1000" ("1" to "100000");
        /// Messages au plus par heure et par compte ; 0 : sans limite. Compté en mémoire : un redémarrage remet à zéro.
        messages_per_hour: u32 = Default "1000" ("0" to "1000000");
        /// Messages au plus par jour et par compte ; 0 : sans limite.
        messages_per_day: u32 = Default "10000" ("0" to "10000000");
        /// Destinataires au plus par heure et par compte, refusés compris ; 0 : sans limite.
        recipients_per_hour: u32 = Default "4000" ("0" to "1000000");
        /// Destinataires au plus par jour et par compte, refusés compris ; 0 : sans limite.
        recipients_per_day: u32 = Default "20000" ("0" to "10000000");
        /// Délai au plus d'un envoi différé (HOLDFOR, HOLDUNTIL) ; « 0 s » ne l'offre pas.
        hold_max: Duration = Default r#""30 d""# (r#""0 s""# to r#""365 d""#);
        /// Messages au plus par connexion (annoncé par EHLO : LIMITS MAILMAX).
        messages_per_connection: u32 = Default "1000" ("1" to "1000000");
        /// Commandes erronées au plus par connexion.
        errors_max: u32 = Default "10" ("1" to "1000");
        /// Expéditeurs et destinataires refusés au plus par connexion : sonder les adresses est borné.
        refusals_max: u32 = Default "100" ("1" to "10000");
        /// Attente de la commande suivante (RFC 5321 : 5 minutes).
        command_timeout: Duration = Default r#""5 min""# (r#""10 s""# to r#""1 h""#);
        /// Attente du bloc suivant d'un message (RFC 5321 : 3 minutes).
        block_timeout: Duration = Default r#""3 min""# (r#""10 s""# to r#""1 h""#);
        /// Débit le plus lent d'un message qui arrive, par minute d'attente ; en dessous la connexion est coupée.
        /// « 0 B » n'en demande aucun.
        slowest_per_minute: Size = Default r#""60 kB""# (r#""0 B""# to r#""60 MB""#);
    }

    /// Lecture par les personnes et leurs logiciels (IMAP, sous TLS).
    imap: Imap {
        /// Adresses d'écoute avec STARTTLS (port 143).
        listen: Vec<SocketAddr> = Default r#"["[::]:143"]"#;
        /// Adresses d'écoute en TLS immédiat (port 993).
        listen_tls: Vec<SocketAddr> = Default r#"["[::]:993"]"#;
        /// Taille maximale d'un message déposé dans un dossier (APPEND).
        append_max: Size = Default r#""60 MB""# (r#""64 KiB""# to r#""100 MB""#);
        /// Contact de l'administrateur, que les logiciels peuvent montrer : « mailto:… » ou « tel:… ».
        contact: Option<String> = Optional r#""mailto:exploitation@chu.mssante.fr""#;
        /// Messages au plus par commande (RFC 9738, MESSAGELIMIT) ; absent : sans limite. Les logiciels anciens ne
        /// demandent pas la suite de ce qu'une limite leur cache.
        messages_per_command: Option<u32> = Optional "5000" ("1000" to "1000000");
        /// Connexions simultanées au plus, sur chacun des deux ports. Thunderbird en ouvre jusqu'à 5 par personne.
        connections: u32 = Default "20000" ("1" to "1000000");
        /// Connexions simultanées au plus depuis une adresse IPv4 ou un réseau IPv6 /64 (un établissement en NAT).
        connections_per_address: u32 = Default "5000" ("1" to "1000000");
    }

    /// Transmission aux autres opérateurs.
    relay: Relay {
        /// Routes fixes, par domaine, à la place des enregistrements MX du DNS. Une route donnée par
        /// « sceau queue route » l'emporte, jusqu'à ce qu'on l'efface.
        routes: BTreeMap<Domain, HostPort> = Default "{}";
        /// Temps pendant lequel on réessaie de transmettre, avant l'avis d'échec à l'expéditeur.
        give_up_after: Duration = Default r#""2 d""# (r#""1 min""# to r#""14 d""#);
        /// Retard à partir duquel l'expéditeur est prévenu.
        delay_notice_after: Duration = Default r#""4 h""# (r#""1 min""# to r#""14 d""#);
        /// Attente d'une connexion, adresse par adresse.
        connect_timeout: Duration = Default r#""30 s""# (r#""1 s""# to r#""10 min""#);
        /// Attente du salut et des réponses à EHLO, MAIL et RCPT (RFC 5321 : 5 minutes).
        command_timeout: Duration = Default r#""5 min""# (r#""10 s""# to r#""1 h""#);
        /// Attente de la réponse à DATA (RFC 5321 : 2 minutes).
        data_timeout: Duration = Default r#""2 min""# (r#""10 s""# to r#""1 h""#);
        /// Attente pour chaque bloc du message que le correspondant doit prendre (RFC 5321 : 3 minutes).
        block_timeout: Duration = Default r#""3 min""# (r#""10 s""# to r#""1 h""#);
        /// Attente de la réponse au message entier (RFC 5321 : 10 minutes).
        verdict_timeout: Duration = Default r#""10 min""# (r#""10 s""# to r#""2 h""#);
        /// Transmissions simultanées au plus, tous opérateurs confondus.
        connections: u32 = Default "50" ("1" to "1000");
        /// Transmissions simultanées au plus vers un même opérateur : un opérateur lent ne retient pas les autres.
        connections_per_operator: u32 = Default "10" ("1" to "1000");
        /// Messages par minute au plus vers un même opérateur ; 0 : sans limite.
        messages_per_minute_per_operator: u32 = Default "0" ("0" to "1000000");
        /// Destinataires en attente gardés en mémoire (environ 300 octets chacun) ; les autres restent sur disque.
        queue_in_memory: u32 = Default "200000" ("1000" to "10000000");
    }

    /// Accusés : ce que les expéditeurs d'ici apprennent de leurs messages (remise, échec, retard, lecture).
    receipts: Receipts {
        /// Dossier où les accusés et avis arrivent chez l'expéditeur ; créé au besoin. « INBOX » : avec le courrier, à
        /// sa place dans le fil de la conversation.
        mailbox: String = Default r#""INBOX""#;
    }

    /// Signatures de domaine (DKIM). Entre opérateurs c'est le certificat qui compte : une signature ne fait que
    /// renseigner, son absence ou son échec ne refuse rien.
    dkim: Dkim {
        /// Clés qui signent ce qui part, par domaine : « sélecteur:fichier » (PKCS#8, droits 0600). Voir « sceau dkim
        /// keygen ». Plusieurs clés par domaine : une signature par clé.
        keys: BTreeMap<Domain, Vec<DkimKey>> = Default "{}";
        /// Vérifier les signatures de ce qui arrive (clés lues dans le DNS, 3 s au plus) ; le verdict est écrit dans
        /// « Authentication-Results ».
        verify: bool = Default "true";
    }

    /// Recherche de programmes malveillants, dans ce qui arrive comme dans ce qui part.
    scan: Scan {
        /// Prise de clamd (ClamAV) : chemin d'une prise unix, ou « hôte:port ». Absente : rien n'est examiné. Quand
        /// clamd ne répond pas, les messages attendent (451). Son « StreamMaxLength » doit valoir au moins les tailles
        /// maximales des messages.
        clamav: Option<Socket> = Optional r#""/run/clamav/clamd.ctl""#;
        /// Temps laissé à clamd pour chaque étape : connexion, morceau, réponse.
        timeout: Duration = Default r#""2 min""# (r#""1 s""# to r#""10 min""#);
    }

    /// Stockage des messages.
    store: Store {
        /// Place par boîte aux lettres.
        quota: Size = Default r#""10 GB""# (r#""1 MB""# to r#""10000 GB""#);
        /// Mémoire que le moteur garde pour ses pages (les messages eux-mêmes n'y passent pas).
        cache: Size = Default r#""256 MiB""# (r#""8 MiB""# to r#""64 GiB""#);
        /// Temps pendant lequel un message est gardé, dans tous les dossiers, brouillons et corbeille compris ; ensuite
        /// son contenu est détruit, dans les sauvegardes aussi. Les preuves restent.
        keep_messages: Duration = Default r#""90 d""# (r#""1 d""# to r#""3650 d""#);
        /// Temps pendant lequel les preuves peuvent dire qui et quoi ; ensuite seules leurs empreintes scellées restent.
        keep_identities: Duration = Default r#""3653 d""# (r#""365 d""# to r#""36525 d""#);
        /// Clé maîtresse (32 octets, droits 0600) : sans elle, plus rien n'est lisible. À sauvegarder à part.
        /// Absente : « master.key » dans « data », créée au premier démarrage.
        master_key: Option<PathBuf> = Optional r#""/etc/sceau/master.key""#;
        /// Répertoire du coffre : les secrets qui s'effacent un à un (purge, droit à l'effacement). Sans lui, plus rien
        /// n'est lisible. JAMAIS dans une sauvegarde gardée : elle annulerait les effacements (docs/erasure.md).
        /// Absent : « vault » dans « data », marqué CACHEDIR.TAG.
        vault: Option<PathBuf> = Optional r#""/var/lib/sceau/vault""#;
        /// Copies du coffre, sur d'autres disques : réécrites ensemble à chaque effacement. Au moins une, en production.
        vault_copies: Vec<PathBuf> = Default "[]";
    }

    /// Journal de preuves.
    proofs: Proofs {
        /// Nom du journal, imprimé dans chaque preuve, sans l'année. Absent : « preuves. » et le premier domaine.
        origin: Option<Domain> = Optional r#""preuves.chu-exemple.mssante.fr""#;
        /// Répertoire des clés de signature du journal, une par année (PKCS#8, Ed25519, droits 0600).
        /// Absent : « keys » dans « data ». La clé de l'année est créée au besoin, jamais remplacée.
        keys: Option<PathBuf> = Optional r#""/etc/sceau/keys""#;
        /// Politique (c2sp.org/tlog-policy) : « log », les journaux des pairs dont ce serveur est témoin ; « witness »,
        /// les témoins de notre journal, avec leur adresse ; « quorum », combien doivent signer. Absente : preuves de
        /// niveau P0 seulement.
        policy: Option<PathBuf> = Optional r#""/etc/sceau/preuves.politique""#;
        /// Adresses HTTPS où sont publiés états du journal, tuiles et clés, et où ce serveur est témoin de ses pairs
        /// (certificat de « clients »). Vide : rien n'est publié.
        listen: Vec<SocketAddr> = Default "[]";
        /// Autorités (PEM ou DER) des certificats HTTPS des témoins et de l'horodateur. Vide : celles de « trust ».
        anchors: Vec<PathBuf> = Default "[]";
        /// Personnes qui peuvent lire les feuilles : lignes « nom sha256:EMPREINTE_DE_LEUR_JETON ». Absent : aucune.
        auditors: Option<PathBuf> = Optional r#""/etc/sceau/auditeurs""#;
        /// Temps entre deux publications de l'état du journal.
        publish_every: Duration = Default r#""5 s""# (r#""100 ms""# to r#""1 min""#);
        /// Autorité d'horodatage (RFC 3161) : adresse où l'état du journal est horodaté. Absente : pas d'horodatage.
        time_stamps: Option<String> = Optional r#""https://horodatage.exemple.fr/tsa""#;
        /// Certificats (PEM ou DER) auxquels mène celui de l'autorité d'horodatage.
        time_stamp_anchors: Vec<PathBuf> = Default "[]";
        /// Temps entre deux horodatages.
        time_stamp_every: Duration = Default r#""1 h""# (r#""1 s""# to r#""7 d""#);
        /// Connexions simultanées au plus.
        connections: u32 = Default "500" ("1" to "100000");
        /// Connexions simultanées au plus depuis une adresse IPv4 ou un réseau IPv6 /64.
        connections_per_address: u32 = Default "50" ("1" to "100000");
    }
}
