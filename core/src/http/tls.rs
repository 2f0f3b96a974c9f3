//! One trust policy for both clients: the operating system's roots (or `SSL_CERT_FILE`), plus
//! `ca_file`; if the system has none, Mozilla's roots as bundled.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};
use crate::options::Options;

pub(super) fn config(options: &Options) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(file) = &options.ca_file {
        add_file(&mut roots, file)?;
    }
    // The provider is named rather than taken from the process, whose default may be another
    // library's choice.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::internal("TLS could not be set up").cause(&e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> Result<()> {
    let shown = file.display();
    let pem = std::fs::read(file).map_err(|e| {
        Error::invalid(format!("ca_file {shown} cannot be read ({e}); check the path")).cause(&e)
    })?;
    let certs: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().unwrap_or_default();
    let (added, _) = roots.add_parsable_certificates(certs);
    if added == 0 {
        return Err(Error::invalid(format!(
            "ca_file {shown} holds no certificate; it must be PEM with BEGIN CERTIFICATE lines"
        )));
    }
    Ok(())
}
