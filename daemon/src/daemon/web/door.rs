//! What is answered over HTTP: the files of the web client, one WebSocket route, and nothing else.

use abide_protocol::channel::address::Address;
use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::carrier::PeerKind;
use super::pages::{self, Page};
use super::places::Places;

/// Where a WebSocket is opened.
const SOCKET: &str = "/ws";
const WEB: &str = "abide.web.1";
const NATIVE: &str = "abide.native.1";
/// Set on every answer; `Content-Security-Policy` and the two below are added to them.
const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::CACHE_CONTROL, "no-cache"),
    (header::VARY, "Origin"),
];
/// Half a year, for this name alone.
const HSTS: &str = "max-age=15768000";

pub(super) type Answer = Response<Full<Bytes>>;

/// What a connection comes to.
pub(super) struct Door {
    pub(super) places: Places,
    /// Pages are served: the certificate is one that browsers trust, or none is needed.
    pub(super) pages: bool,
    /// The name by which TLS was asked for this machine.
    pub(super) asked: Option<String>,
}

/// A socket that was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Opened {
    pub(super) kind: PeerKind,
    pub(super) origin: Option<String>,
}

impl Door {
    /// The answer to a request, and the socket if it opens one.
    pub(super) fn answer<B: Body>(&self, request: &Request<B>) -> (Answer, Option<Opened>) {
        let Some(place) = self.place(request) else {
            return (self.refuse(None, StatusCode::MISDIRECTED_REQUEST), None);
        };
        match self.route(request) {
            Ok(Route::Page(page)) => (self.page(&place, page, request.headers()), None),
            Ok(Route::Socket(opened, key)) => (self.open(&place, &opened, &key), Some(opened)),
            Err(status) => (self.refuse(Some(&place), status), None),
        }
    }

    /// The place of ours that the request is for. It is named once, and the same everywhere.
    fn place<B>(&self, request: &Request<B>) -> Option<Address> {
        let absolute = request.uri().scheme().is_some() || request.uri().authority().is_some();
        let host = one(request.headers(), &header::HOST).ok()??;
        let place = self.places.host(host).filter(|_| !absolute)?;
        let same = |asked: &String| place.host().eq_ignore_ascii_case(asked);
        self.asked.as_ref().is_none_or(same).then_some(place)
    }

    fn route<B: Body>(&self, request: &Request<B>) -> Result<Route, StatusCode> {
        let page = || pages::find(request.uri().path()).filter(|_| self.pages);
        let get = match *request.method() {
            Method::GET => true,
            Method::HEAD => false,
            _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
        };
        if !request.body().is_end_stream() {
            return Err(StatusCode::BAD_REQUEST);
        }
        match request.uri().path() {
            SOCKET if get => self.socket(request),
            SOCKET => Err(StatusCode::METHOD_NOT_ALLOWED),
            _ => page().map(Route::Page).ok_or(StatusCode::NOT_FOUND),
        }
    }

    fn socket<B>(&self, request: &Request<B>) -> Result<Route, StatusCode> {
        let headers = request.headers();
        let bad = |()| StatusCode::BAD_REQUEST;
        let text = |name| one(headers, name).map_err(bad);
        let upgrades = text(&header::UPGRADE)?.is_some_and(|v| v.eq_ignore_ascii_case("websocket"))
            && lists(headers, &header::CONNECTION, "upgrade");
        if !upgrades || text(&header::SEC_WEBSOCKET_VERSION)? != Some("13") {
            return Err(StatusCode::UPGRADE_REQUIRED);
        }
        if request.version() != Version::HTTP_11 {
            return Err(StatusCode::BAD_REQUEST);
        }
        let origin = text(&header::ORIGIN)?;
        let kind = match (text(&header::SEC_WEBSOCKET_PROTOCOL)?, origin) {
            (Some(WEB), Some(origin)) if self.pages && self.places.admits(origin) => {
                PeerKind::Browser
            }
            (Some(NATIVE), None) => PeerKind::Native,
            (Some(WEB | NATIVE), _) => return Err(StatusCode::FORBIDDEN),
            _ => return Err(StatusCode::BAD_REQUEST),
        };
        let key = text(&header::SEC_WEBSOCKET_KEY)?;
        let key = key
            .filter(|key| is_key(key))
            .ok_or(StatusCode::BAD_REQUEST)?;
        let opened = Opened {
            kind,
            origin: origin.map(str::to_owned),
        };
        Ok(Route::Socket(opened, derive_accept_key(key.as_bytes())))
    }

    fn page(&self, place: &Address, page: &'static Page, asked: &HeaderMap) -> Answer {
        let packed = page
            .packed
            .filter(|_| lists(asked, &header::ACCEPT_ENCODING, "gzip"));
        let answer = Response::new(Full::from(packed.unwrap_or(page.bytes)));
        let mut answer = self.harden(Some(place), answer);
        let headers = answer.headers_mut();
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, page.kind);
        set(header::CACHE_CONTROL, page.keep.policy());
        if page.packed.is_some() {
            set(header::VARY, "Origin, Accept-Encoding");
        }
        if packed.is_some() {
            set(header::CONTENT_ENCODING, "gzip");
        }
        answer
    }

    fn open(&self, place: &Address, opened: &Opened, accept: &str) -> Answer {
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let protocol = match opened.kind {
            PeerKind::Browser => WEB,
            PeerKind::Native => NATIVE,
        };
        let headers = answer.headers_mut();
        for (name, value) in [
            (header::CONNECTION, "upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_PROTOCOL, protocol),
            (header::SEC_WEBSOCKET_ACCEPT, accept),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        self.harden(Some(place), answer)
    }

    /// The status says it all; a stranger learns no more.
    fn refuse(&self, place: Option<&Address>, status: StatusCode) -> Answer {
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            StatusCode::UPGRADE_REQUIRED => {
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(
                    header::SEC_WEBSOCKET_VERSION,
                    HeaderValue::from_static("13"),
                );
            }
            _ => {}
        }
        self.harden(place, answer)
    }

    fn harden(&self, place: Option<&Address>, mut answer: Answer) -> Answer {
        let headers = answer.headers_mut();
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(policy) = HeaderValue::from_str(&policy(place)) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        if self.pages && !self.places.is_loopback() {
            let hsts = HeaderValue::from_static(HSTS);
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
        }
        answer
    }
}

enum Route {
    Page(&'static Page),
    /// With what `Sec-WebSocket-Accept` says.
    Socket(Opened, String),
}

/// What a page may do; it may connect to the socket of its own place alone.
fn policy(place: Option<&Address>) -> String {
    let socket = place.map_or("'none'".into(), |place| {
        let text = place.to_string();
        let text = text.replacen("http", "ws", 1);
        format!("{text}{SOCKET}")
    });
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         manifest-src 'self'; connect-src {socket}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types svelte-trusted-html"
    )
}

/// The value of a field that may occur once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    first
        .map(|value| value.to_str().map_err(|_| ()))
        .transpose()
}

/// Whether a field that is a list has this item.
fn lists(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    let mut items = values.flat_map(|value| value.split(','));
    items.any(|found| found.trim().eq_ignore_ascii_case(item))
}

/// 16 bytes in base64.
fn is_key(key: &str) -> bool {
    let digits = key.strip_suffix("==").unwrap_or_default();
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    digits.len() == 22 && digits.bytes().all(digit)
}

#[cfg(test)]
mod tests;
