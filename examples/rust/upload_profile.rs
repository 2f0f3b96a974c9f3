//! Uploads a browser's user-data folder: `upload_profile FOLDER`. The key is in HAI_API_KEY.

use dropoff::{HCompany, Options, ProfileDetails, ProfileUpload};

fn main() -> dropoff::Result<()> {
    let folder = std::env::args().nth(1).expect("upload_profile FOLDER");
    let mut builder = HCompany::builder();
    // Only to try it against the sandbox; leave these lines out otherwise.
    if let (Ok(api), Ok(storage)) = (std::env::var("SANDBOX_API"), std::env::var("SANDBOX_STORAGE")) {
        builder = builder.base_url(api).options(Options::new().trusted_storage([storage])?);
    }
    let details = ProfileDetails::new("acme-prod-login").browser("chromium", "131").label("team", "qa");
    let profile = builder.build()?.upload_profile(ProfileUpload::new(folder, details))?;
    println!("{} verified: {}", profile.id, profile.verified);
    Ok(())
}
