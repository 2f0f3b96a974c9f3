//! One trust policy for both clients: the operating system's roots (or those of `SSL_CERT_FILE` and
//! `SSL_CERT_DIR`), plus `ca_file`; if the system has none, Mozilla's roots as bundled.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths};

use super::certificate::Verifier;
use super::x509::Certificate;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::{os_limits, sys};

/// Records of one connection that wait to be written, and so the size of a write: 64 KiB, rustls' own limit,
/// makes four times as many.
pub(super) const WAITING_RECORDS: usize = 256 * 1024;

/// How many roots the system's store has, and where its certificates come from.
pub(crate) fn system_roots() -> Result<(usize, &'static str)> {
    let system = of_system();
    check_environment(&system.certs)?;
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Ok(match system.certs.iter().filter(|root| Certificate::read(root).is_some()).count() {
        0 => (webpki_roots::TLS_SERVER_ROOTS.len(), "bundled"),
        count if set("SSL_CERT_FILE") => (count, "SSL_CERT_FILE"),
        count if set("SSL_CERT_DIR") => (count, "SSL_CERT_DIR"),
        count => (count, "system"),
    })
}

pub(super) fn config(options: &Options) -> Result<ClientConfig> {
    let system = of_system();
    // With some of the roots only, or with the bundled ones, a good certificate might be refused.
    if let Some(error) = system.errors.iter().find_map(out_of_files) {
        return Err(Error::too_many_open_files("reading the system's root certificates", error));
    }
    let native = system.certs;
    check_environment(&native)?;
    let mut roots = RootCertStore::empty();
    if !native.iter().any(|root| Certificate::read(root).is_some()) {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let named = native.iter().chain(&options.extra_roots);
    // rustls takes whatever is in there for an authority, a server's own certificate too. That is good for
    // itself alone.
    let authorities =
        named.clone().filter(|named| Certificate::read(named).is_some_and(|named| named.may_issue()));
    roots.add_parsable_certificates(authorities.cloned());
    // The provider is named rather than taken from the process, whose default may be another
    // library's choice.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let impossible = |e: &dyn std::fmt::Display| Error::internal("TLS could not be set up").cause(e);
    let verifier = Verifier::new(roots, named, &provider).map_err(|e| impossible(&e))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| impossible(&e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The system's certificates, or those that the environment names in their place. A variable that is set and
/// empty (`${X:-}` in a compose file) names nothing; rustls-native-certs would look for a file of that name.
fn of_system() -> CertificateResult {
    let empty = std::env::var_os("SSL_CERT_FILE").is_some_and(|file| file.is_empty());
    let folders = std::env::var_os("SSL_CERT_DIR").unwrap_or_default();
    if std::env::split_paths(&folders).any(|folder| !folder.as_os_str().is_empty()) {
        return rustls_native_certs::load_native_certs();
    }
    match std::env::var_os("SSL_CERT_FILE") {
        None if sys::FORKS_HAVE_NO_ROOTS => return of_store(),
        _ if !empty => return rustls_native_certs::load_native_certs(),
        _ => {}
    }
    // As it does itself where neither is set.
    let places = openssl_probe::probe();
    let mut all = load_certs_from_paths(places.cert_file.as_deref(), None);
    for folder in &places.cert_dir {
        let more = load_certs_from_paths(None, Some(folder));
        all.certs.extend(more.certs);
        all.errors.extend(more.errors);
    }
    all.certs.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    all.certs.dedup();
    all
}

/// Read once in a process. A child that a fork made must not call macOS' frameworks, which end it by a
/// signal. It has what its parent has read.
fn of_store() -> CertificateResult {
    static STORE: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    let mut found = CertificateResult::default();
    if let Some(roots) = STORE.get() {
        found.certs.clone_from(roots);
        return found;
    }
    found = rustls_native_certs::load_native_certs();
    // There may be errors of single ones.
    if !found.certs.is_empty() {
        let _ = STORE.set(found.certs.clone());
    }
    found
}

/// Reads what a child of a fork could not, where a client is made.
pub(super) fn read_before_a_fork() {
    if sys::FORKS_HAVE_NO_ROOTS {
        of_system();
    }
}

/// The file or folder that the environment names in place of the system's roots must be there. With none of
/// them every host would seem to have a certificate of an unknown authority. As for curl, an empty variable
/// is none.
fn check_environment(found: &[CertificateDer<'_>]) -> Result<()> {
    let named = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let refused = |variable: &str, path: &PathBuf, why: &str| {
        let shown = path.display();
        let text =
            format!("the environment variable {variable} names {shown}, {why}; correct it or unset it");
        Err(Error::invalid(text).with_path(path))
    };
    if let Some(file) = named("SSL_CERT_FILE") {
        match std::fs::read(&file) {
            Err(e) => return refused("SSL_CERT_FILE", &file, &format!("which cannot be read ({e})")),
            Ok(pem) if CertificateDer::pem_slice_iter(&pem).flatten().next().is_none() => {
                return refused("SSL_CERT_FILE", &file, "which holds no certificate in PEM form");
            }
            Ok(_) => {}
        }
    } else if let Some(folders) = named("SSL_CERT_DIR").filter(|_| found.is_empty()) {
        return refused("SSL_CERT_DIR", &folders, "where no certificate can be read");
    }
    Ok(())
}

fn out_of_files(error: &rustls_native_certs::Error) -> Option<&std::io::Error> {
    match &error.kind {
        rustls_native_certs::ErrorKind::Io { inner, .. } => {
            Some(inner).filter(|e| os_limits::is_out_of_descriptors(e))
        }
        _ => None,
    }
}
