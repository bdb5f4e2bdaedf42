use std::collections::BTreeMap;

use http_body_util::Empty;

use super::*;

const HOST: &str = "desk.example.org:7373";
const ORIGIN: &str = "https://desk.example.org:7373";

fn door(pages: bool) -> Door {
    let listed = vec![ORIGIN.parse().unwrap()];
    Door {
        places: Places::public(listed, "192.0.2.1:7373".parse().unwrap()),
        pages,
        asked: None,
    }
}

/// A request, as data: what differs from a native client's that opens the socket.
fn request(method: &str, uri: &str, changes: &[(&str, Option<&str>)]) -> Request<Empty<Bytes>> {
    let mut fields = BTreeMap::from([
        ("host", HOST),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", NATIVE),
    ]);
    for (name, value) in changes {
        match value {
            Some(value) => fields.insert(name, value),
            None => fields.remove(name),
        };
    }
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in fields {
        request = request.header(name, value);
    }
    request.body(Empty::new()).unwrap()
}

fn status(door: &Door, request: &Request<Empty<Bytes>>) -> u16 {
    let (answer, opened) = door.answer(request);
    let status = answer.status().as_u16();
    assert_eq!(opened.is_some(), status == 101);
    status
}

#[test]
fn every_method_on_every_route() {
    let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND",
        "get", "FOO",
    ];
    let routes = [
        "/ws",
        "/ws/",
        "/ws?x",
        "/WS",
        "/%77s",
        "/ws/..",
        "/nothing",
        "/../etc/passwd",
        "//",
        "/.",
        "/api",
        "/*",
    ];
    for method in methods {
        for route in routes {
            let expected = match (method, route) {
                ("GET", "/ws" | "/ws?x") => 101,
                ("HEAD", "/ws" | "/ws?x") => 405,
                ("GET" | "HEAD", _) => 404,
                _ => 405,
            };
            let found = status(&door(true), &request(method, route, &[]));
            assert_eq!(found, expected, "{method} {route}");
        }
    }
}

#[test]
fn pages_are_served_whole_and_only_where_browsers_trust_the_certificate() {
    let loopback = Door {
        places: Places::loopback(7350),
        pages: true,
        asked: None,
    };
    for page in pages::all() {
        let get = request("GET", page.path, &[]);
        let (answer, _) = door(true).answer(&get);
        assert_eq!(answer.status(), 200, "{}", page.path);
        assert_eq!(answer.headers()["content-type"], page.kind);
        assert_eq!(status(&door(true), &request("HEAD", page.path, &[])), 200);
        assert_eq!(status(&door(true), &request("POST", page.path, &[])), 405);
        assert_eq!(status(&door(false), &get), 404);
        let local = request("GET", page.path, &[("host", Some("127.0.0.1:7350"))]);
        assert_eq!(status(&loopback, &local), 200);
    }
}

#[test]
fn a_page_is_packed_for_who_can_unpack_it_and_kept_as_its_name_allows() {
    for page in pages::all() {
        let header = |encodings, name: &str| {
            let changes = [("accept-encoding", encodings)];
            let (answer, _) = door(true).answer(&request("GET", page.path, &changes));
            let value = answer.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let packed = page.packed.map(|_| "gzip".to_owned());
        assert_eq!(header(Some("br, gzip"), "content-encoding"), packed);
        assert_eq!(header(None, "content-encoding"), None, "{}", page.path);
        let kept = header(None, "cache-control").unwrap();
        assert_eq!(kept, page.keep.policy());
        let hashed = page.path.starts_with("/assets/");
        assert_eq!(kept.contains("immutable"), hashed, "{}", page.path);
    }
    let index = |path| pages::find(path).map(|page| (page.path, page.keep.policy()));
    assert_eq!(index("/p"), index("/"));
    assert!(index("/").is_none_or(|(_, kept)| kept == "no-store"));
}

#[test]
fn a_browser_needs_a_listed_origin_and_a_native_client_none() {
    let check = |pages: bool, protocol: Option<&str>, origin: Option<&str>, expected: u16| {
        let changes = [("sec-websocket-protocol", protocol), ("origin", origin)];
        let found = status(&door(pages), &request("GET", "/ws", &changes));
        assert_eq!(found, expected, "{pages} {protocol:?} {origin:?}");
    };
    check(true, Some(WEB), Some(ORIGIN), 101);
    check(true, Some(NATIVE), None, 101);
    check(false, Some(NATIVE), None, 101);
    check(false, Some(WEB), Some(ORIGIN), 403);
    check(true, Some(WEB), None, 403);
    check(true, Some(WEB), Some("null"), 403);
    check(true, Some(WEB), Some("https://evil.example"), 403);
    check(true, Some(WEB), Some("https://192.0.2.1:7373"), 403);
    check(true, Some(NATIVE), Some(ORIGIN), 403);
    check(true, Some(NATIVE), Some("null"), 403);
    for protocol in [
        None,
        Some(""),
        Some("abide.web.1, abide.native.1"),
        Some("abide.native.1,abide.web.1"),
        Some("ABIDE.NATIVE.1"),
        Some("abide.native.2"),
        Some("chat"),
    ] {
        check(true, protocol, None, 400);
        check(true, protocol, Some(ORIGIN), 400);
    }
}

#[test]
fn who_is_asked_for_another_place_is_told_so() {
    let check = |uri: &str, changes: &[(&str, Option<&str>)], expected: u16| {
        let found = status(&door(true), &request("GET", uri, changes));
        assert_eq!(found, expected, "{uri} {changes:?}");
    };
    check("/ws", &[("host", Some("192.0.2.1:7373"))], 101);
    check("/ws", &[("host", None)], 421);
    check("/ws", &[("host", Some("evil.example"))], 421);
    check("/nothing", &[("host", Some("evil.example"))], 421);
    check("http://desk.example.org:7373/ws", &[], 421);
    check("https://desk.example.org:7373/ws", &[], 421);
    check("https://evil.example/ws", &[], 421);
    let mut twice = request("GET", "/ws", &[]);
    twice
        .headers_mut()
        .append("host", HeaderValue::from_static(HOST));
    assert_eq!(status(&door(true), &twice), 421);
    let asked = |name: &str| Door {
        asked: Some(name.into()),
        ..door(true)
    };
    let plain = request("GET", "/ws", &[]);
    assert_eq!(status(&asked("DESK.example.org"), &plain), 101);
    assert_eq!(status(&asked("other.example.org"), &plain), 421);
}

#[test]
fn half_an_upgrade_is_none() {
    let check = |name: &str, value: Option<&str>, expected: u16| {
        let found = status(&door(true), &request("GET", "/ws", &[(name, value)]));
        assert_eq!(found, expected, "{name}: {value:?}");
    };
    check("upgrade", None, 426);
    check("upgrade", Some("h2c"), 426);
    check("connection", None, 426);
    check("connection", Some("keep-alive"), 426);
    check("connection", Some("xupgrade"), 426);
    check("sec-websocket-version", None, 426);
    check("sec-websocket-version", Some("8"), 426);
    check("sec-websocket-key", None, 400);
    check("sec-websocket-key", Some("short=="), 400);
    check("sec-websocket-key", Some("dGhlIHNhbXBsZSBub25jZQ="), 400);
    check("sec-websocket-key", Some("dGhlIHNhbXBsZSBub25jZ!=="), 400);
    let mut old = request("GET", "/ws", &[]);
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(status(&door(true), &old), 400);
    let mut twice = request(
        "GET",
        "/ws",
        &[
            ("origin", Some(ORIGIN)),
            ("sec-websocket-protocol", Some(WEB)),
        ],
    );
    twice
        .headers_mut()
        .append("origin", HeaderValue::from_static("https://evil.example"));
    assert_eq!(status(&door(true), &twice), 400);
}

/// Whatever compression is offered for the socket, none is agreed upon.
#[test]
fn no_extension_is_agreed_upon() {
    for offered in [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits; server_max_window_bits=15",
        "x-webkit-deflate-frame",
        "permessage-bzip2, permessage-deflate",
    ] {
        let changes = [("sec-websocket-extensions", Some(offered))];
        let (answer, _) = door(true).answer(&request("GET", "/ws", &changes));
        assert_eq!(answer.status(), 101, "{offered}");
        assert_eq!(answer.headers().get("sec-websocket-extensions"), None);
        assert_eq!(answer.headers().get("content-encoding"), None);
    }
}

#[test]
fn every_answer_is_strict() {
    let requests = [
        request("GET", "/ws", &[]),
        request("GET", "/nothing", &[]),
        request("POST", "/ws", &[]),
        request("GET", "/ws", &[("upgrade", None)]),
        request("GET", "/ws", &[("host", Some("evil.example"))]),
    ];
    for request in &requests {
        let (answer, _) = door(true).answer(request);
        let headers = answer.headers();
        for (name, value) in FIXED {
            assert_eq!(headers[&name], value);
        }
        assert_eq!(headers["strict-transport-security"], HSTS);
        let policy = headers["content-security-policy"].to_str().unwrap();
        let socket = match answer.status().as_u16() {
            421 => "'none'",
            _ => "wss://desk.example.org:7373/ws",
        };
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                 manifest-src 'self'; connect-src {socket}; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'; require-trusted-types-for 'script'; \
                 trusted-types svelte-trusted-html"
            )
        );
        assert_eq!(headers.get("server"), None);
        assert_eq!(headers.get("set-cookie"), None);
        assert!(
            !headers
                .keys()
                .any(|name| name.as_str().starts_with("access-control"))
        );
    }
    let loopback = Door {
        places: Places::loopback(7350),
        pages: true,
        asked: None,
    };
    let local = request("GET", "/nothing", &[("host", Some("127.0.0.1:7350"))]);
    let (answer, _) = loopback.answer(&local);
    assert_eq!(answer.headers().get("strict-transport-security"), None);
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("connect-src ws://127.0.0.1:7350/ws;"),
        "{policy}"
    );
}
