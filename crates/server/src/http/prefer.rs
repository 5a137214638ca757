//! `Prefer: wait=30` (RFC 7240): how long the client would like to wait. What we do not understand is ignored, as the RFC
//! asks.

use http::{HeaderMap, header::HeaderName};
use std::time::Duration;
use tenure_api::Limits;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The wait that is granted: what was asked for, within the limit.
pub(crate) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(PREFER).into_iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split([',', ';']));
    let seconds = preferences.find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("wait") { value.parse::<u64>().ok() } else { None }
    })?;
    Some(Duration::from_secs(seconds.min(Limits::CURRENT.wait_seconds_max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &'static str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(PREFER, http::HeaderValue::from_static(text));
        wait(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn wait_is_found_among_other_preferences() {
        assert_eq!(of("wait=30"), Some(30));
        assert_eq!(of("respond-async, Wait=5"), Some(5));
        assert_eq!(of("handling=lenient; wait=\"7\""), Some(7));
    }

    #[test]
    fn wait_is_cut_to_the_limit() {
        assert_eq!(of("wait=100000"), Some(60));
    }

    #[test]
    fn what_is_no_wait_is_ignored() {
        assert_eq!(of("respond-async"), None);
        assert_eq!(of("wait"), None);
        assert_eq!(of("wait=soon"), None);
        assert_eq!(of("wait=-1"), None);
    }
}
