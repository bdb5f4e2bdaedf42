use super::super::*;
use abide_protocol::input::{MouseAction, MouseButton, MouseEvent};
use abide_protocol::snapshot::{MouseEncoding, MouseTracking};
use abide_protocol::{Book, Size};

fn place() -> MousePlace {
    MousePlace {
        size: Size::new(300, 100).unwrap(),
        cell: (8, 16),
        book: Book::Alternate,
    }
}

fn mouse(action: MouseAction, button: MouseButton, column: u16, row: u16) -> MouseEvent {
    MouseEvent {
        action,
        button,
        column,
        row,
        mods: Mods::default(),
    }
}

fn check_mouse(tracking: MouseTracking, encoding: MouseEncoding, table: &[(MouseEvent, &str)]) {
    let modes = Modes {
        mouse: tracking,
        mouse_encoding: encoding,
        ..Modes::default()
    };
    for (event, expected) in table {
        let mut out = Vec::new();
        encode_mouse(event, &modes, &place(), &mut out);
        assert_eq!(
            out.escape_ascii().to_string(),
            *expected,
            "{event:?} in {modes:?}"
        );
    }
}

#[test]
fn mouse_tracking() {
    use MouseAction::{Motion, Press, Release};
    use MouseButton::{Left, None, WheelUp};
    let press = mouse(Press, Left, 2, 1);
    let release = mouse(Release, Left, 2, 1);
    let drag = mouse(Motion, Left, 2, 1);
    let hover = mouse(Motion, None, 2, 1);
    let wheel = mouse(Press, WheelUp, 2, 1);
    let ctrl = MouseEvent {
        mods: Mods::CTRL,
        ..press
    };
    let sgr = |tracking, expected: [&str; 6]| {
        let events = [press, release, drag, hover, wheel, ctrl];
        let table: Vec<_> = events.into_iter().zip(expected).collect();
        check_mouse(tracking, MouseEncoding::Sgr, &table);
    };
    let (down, up) = ("\\x1b[<0;3;2M", "\\x1b[<0;3;2m");
    let (dragged, over) = ("\\x1b[<32;3;2M", "\\x1b[<35;3;2M");
    let (rolled, held) = ("\\x1b[<64;3;2M", "\\x1b[<16;3;2M");
    sgr(MouseTracking::Off, ["", "", "", "", "", ""]);
    sgr(MouseTracking::X10, [down, "", "", "", "", down]);
    sgr(MouseTracking::Normal, [down, up, "", "", rolled, held]);
    sgr(MouseTracking::Button, [down, up, dragged, "", rolled, held]);
    sgr(MouseTracking::Any, [down, up, dragged, over, rolled, held]);
}

#[test]
fn mouse_encodings() {
    use MouseAction::{Press, Release};
    use MouseButton::{Back, Left};
    let press = mouse(Press, Left, 2, 1);
    let release = mouse(Release, Left, 2, 1);
    let far = mouse(Press, Left, 223, 1);
    let outside = mouse(Press, Left, 300, 1);
    let check = |encoding, table: &[(MouseEvent, &str)]| {
        check_mouse(MouseTracking::Normal, encoding, table);
    };
    check(
        MouseEncoding::X10,
        &[
            (press, "\\x1b[M #\\\""),
            (release, "\\x1b[M##\\\""),
            (far, ""),
            (outside, ""),
        ],
    );
    check(
        MouseEncoding::Utf8,
        &[(press, "\\x1b[M #\\\""), (far, "\\x1b[M \\xc4\\x80\\\"")],
    );
    check(
        MouseEncoding::Urxvt,
        &[(press, "\\x1b[32;3;2M"), (release, "\\x1b[35;3;2M")],
    );
    check(
        MouseEncoding::Sgr,
        &[
            (mouse(Press, Back, 223, 1), "\\x1b[<128;224;2M"),
            (outside, ""),
        ],
    );
    check(MouseEncoding::SgrPixels, &[(press, "\\x1b[<0;21;25M")]);
}

#[test]
fn the_wheel_scrolls_the_alternate_screen() {
    let scroll = |modes: &Modes, book| {
        let mut out = Vec::new();
        let wheel = mouse(MouseAction::Press, MouseButton::WheelDown, 0, 0);
        encode_mouse(&wheel, modes, &MousePlace { book, ..place() }, &mut out);
        out.escape_ascii().to_string()
    };
    let on = Modes {
        alternate_scroll: true,
        application_cursor: true,
        ..Modes::default()
    };
    assert_eq!(scroll(&on, Book::Alternate), "\\x1bOB".repeat(3));
    assert_eq!(scroll(&on, Book::Main), "");
    assert_eq!(scroll(&Modes::default(), Book::Alternate), "");
}
