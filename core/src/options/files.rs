//! Options that name a file or a folder, read when they are set.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::table::OptionSpec;
use crate::error::{Error, Result};
use crate::paths::expand_home;
use crate::sys::os_error;

pub(super) fn existing_folder(spec: &OptionSpec, path: PathBuf) -> Result<PathBuf> {
    let path = expand_home(path);
    let refused =
        Error::invalid(format!("option {} must be {}, and {path:?} is none", spec.name, spec.range));
    match std::fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => Ok(path),
        Ok(_) => Err(refused.with_path(&path).errno_of(os_error::NOT_A_FOLDER)),
        Err(e) => Err(refused.of_file(&path, &e)),
    }
}

pub(super) fn read_roots(spec: &OptionSpec, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let path = expand_home(path.to_owned());
    let shown = path.display();
    let refused = |why: &str| {
        Error::invalid(format!("option {} must be {}, and {shown} {why}", spec.name, spec.range))
            .with_path(&path)
    };
    let pem =
        std::fs::read(&path).map_err(|e| refused(&format!("cannot be read ({e})")).of_file(&path, &e))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| refused("is not PEM"))?;
    let (usable, _) = rustls::RootCertStore::empty().add_parsable_certificates(certificates.iter().cloned());
    if usable == 0 {
        return Err(refused("holds no certificate"));
    }
    Ok(certificates)
}
