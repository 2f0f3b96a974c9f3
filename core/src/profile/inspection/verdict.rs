//! Whether a folder will sign in elsewhere, and why, as a sentence.

use super::evidence::{Cookies, Evidence};
use super::opened_profile::NotOpened;
use super::report::Verdict;
use super::system::System;
use crate::profile::cookies::{CookieEncryption, EncryptionCounts, Jar};
use crate::profile::family::Family;
use crate::profile::names::quoted_list;

const NEW_PROFILE: &str = "sign in with a profile of its own, started on Linux with --user-data-dir and --password-store=basic, and pack that";
const SIGN_IN_FIRST: &str = "sign in first, close the browser so that it writes them, and pack again";

/// The verdict, and the sentence that says it.
pub(super) fn verdict(evidence: &Evidence) -> (Verdict, String) {
    let (mut verdict, mut why) = match evidence.family {
        Family::Firefox => firefox(evidence),
        Family::Chrome => chrome(evidence),
    };
    let other_profiles = match verdict {
        Verdict::Likely => &[][..],
        _ => evidence.other_profiles.as_slice(),
    };
    // Cookies bound to another machine stay bound, whichever profile is opened.
    let missing = evidence.opened.missing.as_ref().filter(|_| verdict != Verdict::Unlikely);
    if let Some(missing) = missing.filter(|missing| **missing != NotOpened::NoneYet) {
        verdict = Verdict::Unlikely;
        why = not_opened(missing, &evidence.opened.name);
    } else if evidence.several {
        why.push_str(&format!(
            "; that is of the profile {:?}, the one that a browser opens",
            evidence.opened.name
        ));
    }
    if !other_profiles.is_empty() {
        why.push_str(&format!(" (cookies that last are in {})", quoted_list(other_profiles)));
    }
    (verdict, format!("will log in on Linux: {}, because {why}", verdict.as_str()))
}

fn not_opened(missing: &NotOpened, name: &str) -> String {
    let another = |other: &str, is_not: &str| {
        format!(
            "a browser that is started on it opens the profile {name:?}, which {is_not}; start it there with --profile-directory={other:?}, or open {other:?} here once, so that it is the one used last, close the browser and pack again"
        )
    };
    match missing {
        NotOpened::NotChosen(chosen) => another(chosen, "would not be packed"),
        NotOpened::NotThere(other) => another(other, "is not there"),
        NotOpened::AtTop | NotOpened::NoneYet => format!(
            "the profile is at the top of the folder, and Chromium looks for it in {name:?}; pack it with the prefix \"Default\" to have it there"
        ),
    }
}

fn firefox(evidence: &Evidence) -> (Verdict, String) {
    let likely = |why: &str| (Verdict::Likely, why.to_owned());
    if evidence.cookies.jar().is_some_and(|jar| !jar.cut && !jar.lasting.is_empty()) {
        return likely("Firefox does not encrypt its cookies");
    }
    match evidence.cookies_in_session {
        Some(cookies) if cookies > 0 => {
            likely("Firefox does not encrypt its cookies, and goes on with the session that these are of")
        }
        None if evidence.continues_session => (
            Verdict::Unknown,
            "no cookie that lasts was found, and the session that Firefox goes on with could not be read"
                .to_owned(),
        ),
        _ => without_cookies(evidence),
    }
}

fn chrome(evidence: &Evidence) -> (Verdict, String) {
    let Some(jar) = evidence.cookies.jar().filter(|jar| !jar.cut) else { return without_cookies(evidence) };
    let mut kept = jar.lasting.clone();
    if evidence.continues_session {
        for (kind, rows) in &jar.of_session {
            *kept.entry(*kind).or_default() += rows;
        }
    }
    if kept.is_empty() {
        return without_cookies(evidence);
    }
    let (verdict, why) = by_keys(&kept, evidence.system);
    if verdict != Verdict::Unlikely && matches!(evidence.cookies, Cookies::Misplaced(_)) {
        let why = format!(
            "its cookies are in a folder Network, where only Chromium on Windows looks; {NEW_PROFILE}"
        );
        return (Verdict::Unlikely, why);
    }
    (verdict, why)
}

/// Where a cookie's key is.
enum CookieKey {
    /// Every Linux has it.
    Everywhere,
    Bound(String),
    Unknown,
}

/// A key is bound to the machine: macOS keeps it in its Keychain, Windows wraps it with DPAPI or binds it to
/// the browser, a Linux desktop keeps it in its keyring (`v11`, `v12`). Only the fixed key of Linux (`v10`
/// there) works elsewhere. From Chromium's components/os_crypt.
fn key_of(kind: CookieEncryption, system: System) -> CookieKey {
    const KEYRING: &str = "in this desktop's keyring";
    const KEYCHAIN: &str = "in a Mac's Keychain";
    const ACCOUNT: &str = "bound to a Windows account";
    let bound = |place: &str| CookieKey::Bound(place.to_owned());
    match (kind, system) {
        (CookieEncryption::Plain, _) | (CookieEncryption::V10, System::Linux) => CookieKey::Everywhere,
        (CookieEncryption::V10 | CookieEncryption::Other(_), System::MacOs) => bound(KEYCHAIN),
        (CookieEncryption::V10 | CookieEncryption::Other(_), System::Windows) => bound(ACCOUNT),
        (CookieEncryption::V10, System::Unknown | System::Several) => CookieKey::Unknown,
        (CookieEncryption::V10OfWindows | CookieEncryption::V20 | CookieEncryption::Dpapi, _) => {
            bound(ACCOUNT)
        }
        (CookieEncryption::V11 | CookieEncryption::V12, _) => bound(KEYRING),
        (CookieEncryption::Other(_), _) => {
            bound(&format!("that does not work elsewhere ({})", kind.prefix()))
        }
    }
}

/// The verdict on cookies that will be there, by the keys they are encrypted with.
fn by_keys(kept: &EncryptionCounts, system: System) -> (Verdict, String) {
    let mut kinds: Vec<CookieEncryption> = kept.keys().copied().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kept[kind]));
    let readable = kinds.iter().any(|kind| matches!(key_of(*kind, system), CookieKey::Everywhere));
    let unknown = kinds.iter().any(|kind| matches!(key_of(*kind, system), CookieKey::Unknown));
    let bound = kinds.iter().find_map(|kind| match key_of(*kind, system) {
        CookieKey::Bound(place) => Some((kind.prefix(), place)),
        _ => None,
    });
    match (readable, unknown, bound) {
        (false, false, Some((_, place))) => {
            (Verdict::Unlikely, format!("its cookies are encrypted with a key {place}; {NEW_PROFILE}"))
        }
        (_, _, Some((prefix, _))) => (
            Verdict::Unknown,
            format!(
                "some of its cookies are encrypted with a key that does not work elsewhere ({prefix}); {NEW_PROFILE}"
            ),
        ),
        (_, true, None) => {
            let nothing = match system {
                System::Several => "the folder shows signs of several",
                _ => "nothing in the folder tells which of them wrote it",
            };
            let why = format!(
                "its cookies are marked v10, which Linux, macOS and Windows each use for a key of their own, and {nothing}; if that was not Linux, {NEW_PROFILE}"
            );
            (Verdict::Unknown, why)
        }
        (_, false, None) if kept.contains_key(&CookieEncryption::V10) => {
            (Verdict::Likely, "its cookies are encrypted with the key every Linux has".to_owned())
        }
        (_, false, None) => (Verdict::Likely, "its cookies are not encrypted".to_owned()),
    }
}

/// No cookie will be there; pages may have stored a sign-in otherwise.
fn without_cookies(evidence: &Evidence) -> (Verdict, String) {
    let nothing = Jar::default();
    let jar = evidence.cookies.jar().unwrap_or(&nothing);
    let stored = "what pages keep in local storage or IndexedDB goes, and signs in to sites that use it";
    if jar.cut || evidence.cookies == Cookies::Unreadable {
        let why = "its database of cookies could not be read as far as to tell: it is damaged, or of a form that is not known here; open it in its browser, look whether you are signed in, close the browser and pack again";
        return (Verdict::Unknown, why.to_owned());
    }
    let gone = match (evidence.family, jar.of_session.is_empty(), jar.expired.is_empty()) {
        (_, true, true) if evidence.has_site_storage => {
            return (Verdict::Unknown, format!("no cookie that lasts was found; {stored}"));
        }
        (_, true, true) => {
            let why = format!("no cookie that lasts was found in what would be packed; {SIGN_IN_FIRST}");
            return (Verdict::Unknown, why);
        }
        (_, true, false) => "all of its cookies have expired",
        (_, false, true) => {
            "all of its cookies end with the session, and it is not set to continue where it left off"
        }
        (_, false, false) => {
            "its cookies have expired, or end with the session, and it is not set to continue where it left off"
        }
    };
    let what_to_do = match jar.of_session.is_empty() {
        true => "sign in again, close the browser and pack again",
        false => {
            "sign in with \"remember me\" where the site has that, or let the browser continue where it left off (chrome://settings/onStartup), close it and pack again"
        }
    };
    match evidence.has_site_storage {
        true => (Verdict::Unknown, format!("{gone}; {what_to_do}; {stored}")),
        false => (Verdict::Unlikely, format!("{gone}; {what_to_do}")),
    }
}
