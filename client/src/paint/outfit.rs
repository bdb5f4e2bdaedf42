//! The modes of the user's terminal: what the attachment and the program need, and the way back.
//!
//! Everything that is set here is undone by [`Outfit::undo`], to what the terminal said before or,
//! where it said nothing, to what terminals start with.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_protocol::snapshot::MouseTracking;
use abide_protocol::{Palette, Progress, Rgb, Snapshot};

use super::caps::Caps;
use super::painter::Surface;

/// How the terminal sends keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Keyboard {
    #[default]
    Legacy,
    /// xterm's, level 2; with the level to go back to, if the terminal told.
    ModifyOtherKeys(Option<u8>),
    Kitty,
}

/// Modes that are asked for at start-up, so that they can be given back as they were.
pub const ASKED: [u32; 15] = [
    5, 7, 25, 66, 1000, 1002, 1003, 1004, 1006, 1007, 2004, 2026, 2027, 2031, 2048,
];

/// Modes that report the mouse; a terminal is in one of them at most.
const TRACKING: [u32; 3] = [1000, 1002, 1003];

/// DECSET modes we may set that are on in a terminal at rest.
const ON_AT_REST: [u32; 2] = [7, 25];

/// What a program (through the session) wants of the terminal.
#[derive(Clone, PartialEq, Debug)]
struct Wish {
    surface: Surface,
    mouse: MouseTracking,
    keypad: bool,
    reverse: bool,
    wheel_is_arrows: bool,
    kitty: u8,
    title: Arc<str>,
    palette: Arc<Palette>,
    progress: Progress,
}

/// The terminal as it was before us, as far as it told.
#[derive(Clone, Default, Debug)]
pub struct Before {
    /// Mode number to whether it was set.
    pub modes: BTreeMap<u32, bool>,
    pub foreground: Option<Rgb>,
    pub background: Option<Rgb>,
    pub cursor: Option<Rgb>,
    /// DECSCUSR number.
    pub cursor_style: Option<u8>,
}

/// What the terminal is set to.
#[derive(Debug)]
pub struct Outfit {
    caps: Caps,
    pub before: Before,
    keyboard: Keyboard,
    /// Kitty flags in force on the main and on the alternate screen, which keep stacks of their
    /// own; `None`: nothing pushed there.
    flags: [Option<u8>; 2],
    surface: Surface,
    /// What was set, and to what.
    modes: BTreeMap<u32, bool>,
    /// `None`: not touched.
    keypad: Option<bool>,
    wish: Option<Wish>,
    titled: bool,
}

impl Outfit {
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            before: Before::default(),
            keyboard: Keyboard::Legacy,
            flags: [None; 2],
            surface: Surface::Inline,
            modes: BTreeMap::new(),
            keypad: None,
            wish: None,
            titled: false,
        }
    }

    pub fn set_caps(&mut self, caps: Caps) {
        self.caps = caps;
    }

    /// What every attachment sets: pastes and focus are told apart from keys.
    #[must_use]
    pub fn begin(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.caps.osc {
            out.extend_from_slice(b"\x1b[22;0t");
            self.titled = true;
        }
        self.set(2004, true, &mut out);
        self.set(1004, true, &mut out);
        out
    }

    /// Sets a mode that the terminal was found to have.
    #[must_use]
    pub fn enable(&mut self, mode: u32) -> Vec<u8> {
        let mut out = Vec::new();
        self.set(mode, true, &mut out);
        out
    }

    #[must_use]
    pub fn keyboard(&self) -> Keyboard {
        self.keyboard
    }

    /// Kitty flags in force, if that is the keyboard.
    #[must_use]
    pub fn kitty_flags(&self) -> u8 {
        1 | self.wish.as_ref().map_or(0, |wish| wish.kitty & 0b1_1111)
    }

    /// Chooses how keys are sent, for the whole attachment.
    #[must_use]
    pub fn choose(&mut self, keyboard: Keyboard) -> Vec<u8> {
        self.keyboard = keyboard;
        let mut out = Vec::new();
        if let Keyboard::ModifyOtherKeys(_) = keyboard {
            // Terminals that take this for colours and lines are told to forget them.
            out.extend_from_slice(b"\x1b[>4;2m\x1b[m");
        }
        self.kitty(&mut out);
        out
    }

    /// The painter has gone to the other screen.
    #[must_use]
    pub fn switched(&mut self, surface: Surface) -> Vec<u8> {
        self.surface = surface;
        let mut out = Vec::new();
        self.kitty(&mut out);
        out
    }

    /// What has to be written before the painter leaves the alternate screen.
    #[must_use]
    pub fn leaving_full(&mut self) -> Vec<u8> {
        match self.flags[1].take() {
            Some(_) => b"\x1b[<u".to_vec(),
            None => Vec::new(),
        }
    }

    fn kitty(&mut self, out: &mut Vec<u8>) {
        if self.keyboard != Keyboard::Kitty {
            return;
        }
        let wanted = self.kitty_flags();
        let slot = &mut self.flags[usize::from(self.surface == Surface::Full)];
        match *slot {
            Some(now) if now == wanted => return,
            Some(_) => out.extend(format!("\x1b[={wanted};1u").bytes()),
            None => out.extend(format!("\x1b[>{wanted}u").bytes()),
        }
        *slot = Some(wanted);
    }

    /// Mirrors what the program has set.
    #[must_use]
    pub fn mirror(&mut self, snapshot: &Snapshot) -> Vec<u8> {
        let modes = &snapshot.modes;
        let wish = Wish {
            surface: self.surface,
            mouse: modes.mouse,
            keypad: modes.application_keypad,
            reverse: modes.reverse_video,
            wheel_is_arrows: modes.alternate_scroll
                && snapshot.book == abide_protocol::Book::Alternate,
            kitty: modes.kitty,
            title: Arc::clone(&snapshot.title),
            palette: Arc::clone(&snapshot.palette),
            progress: snapshot.progress,
        };
        if self.wish.as_ref() == Some(&wish) {
            return Vec::new();
        }
        let old = self.wish.replace(wish.clone());
        let mut out = Vec::new();
        self.mouse(wish.mouse, &mut out);
        if self.surface == Surface::Full || self.modes.contains_key(&1007) {
            self.set(1007, wish.wheel_is_arrows, &mut out);
        }
        if wish.reverse || self.modes.contains_key(&5) {
            self.set(5, wish.reverse, &mut out);
        }
        if wish.keypad != self.keypad.unwrap_or(false) && self.keyboard != Keyboard::Kitty {
            self.keypad = Some(wish.keypad);
            out.extend_from_slice(if wish.keypad { b"\x1b=" } else { b"\x1b>" });
        }
        self.kitty(&mut out);
        if self.caps.osc {
            show_title(old.as_ref(), &wish, &mut out);
            paint_palette(
                old.as_ref().map(|wish| &*wish.palette),
                &wish.palette,
                &self.before,
                &mut out,
            );
            if self.caps.progress
                && old.as_ref().map_or(Progress::None, |old| old.progress) != wish.progress
            {
                write_progress(wish.progress, &mut out);
            }
        }
        out
    }

    fn mouse(&mut self, tracking: MouseTracking, out: &mut Vec<u8>) {
        let wanted = match tracking {
            MouseTracking::Off => None,
            MouseTracking::X10 | MouseTracking::Normal => Some(1000),
            MouseTracking::Button => Some(1002),
            MouseTracking::Any => Some(1003),
        };
        for mode in TRACKING {
            if wanted != Some(mode) && self.modes.get(&mode) == Some(&true) {
                self.set(mode, false, out);
            }
        }
        if let Some(mode) = wanted {
            self.set(1006, true, out);
            self.set(mode, true, out);
        } else if self.modes.get(&1006) == Some(&true) {
            self.set(1006, false, out);
        }
    }

    fn set(&mut self, mode: u32, on: bool, out: &mut Vec<u8>) {
        if self.modes.insert(mode, on) != Some(on) {
            write_mode(mode, on, out);
        }
    }

    /// Everything again, on a terminal that somebody else has used meanwhile.
    #[must_use]
    pub fn resume(&mut self, snapshot: Option<&Snapshot>) -> Vec<u8> {
        let keyboard = self.keyboard;
        let enabled: Vec<_> = self
            .modes
            .keys()
            .copied()
            .filter(|mode| *mode > 2004)
            .collect();
        self.modes.clear();
        self.flags = [None; 2];
        self.wish = None;
        self.keypad = None;
        let mut out = self.begin();
        for mode in enabled {
            self.set(mode, true, &mut out);
        }
        out.extend(self.choose(keyboard));
        if let Some(snapshot) = snapshot {
            out.extend(self.mirror(snapshot));
        }
        out
    }

    /// What brings the terminal back, whatever is on it now. Text is the painter's. `shaped`: the
    /// painter has changed the cursor's shape.
    #[must_use]
    pub fn undo(&self, shaped: bool) -> Vec<u8> {
        let mut out = b"\x1b[?2026l".to_vec();
        if self.flags[1].is_some() {
            out.extend_from_slice(b"\x1b[<u");
        }
        if self.surface == Surface::Full {
            out.extend_from_slice(b"\x1b[?1049l");
        }
        if self.flags[0].is_some() {
            out.extend_from_slice(b"\x1b[<u");
        }
        match self.keyboard {
            Keyboard::ModifyOtherKeys(Some(level)) => {
                out.extend(format!("\x1b[>4;{level}m").bytes());
            }
            Keyboard::ModifyOtherKeys(None) => out.extend_from_slice(b"\x1b[>4m"),
            Keyboard::Legacy | Keyboard::Kitty => {}
        }
        if self.caps.links {
            out.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
        out.extend_from_slice(b"\x1b[m");
        if shaped {
            let style = self.before.cursor_style.unwrap_or(0);
            out.extend(format!("\x1b[{style} q").bytes());
        }
        // Resetting one mouse mode ends them all, so what was set comes last.
        for wanted in [false, true] {
            self.undo_modes(wanted, &mut out);
        }
        if self.keypad.is_some() {
            let keypad = self.before.modes.get(&66) == Some(&true);
            out.extend_from_slice(if keypad { b"\x1b=" } else { b"\x1b>" });
        }
        if self.caps.osc {
            self.undo_osc(&mut out);
        }
        out
    }

    /// Brings back those modes that were `wanted`.
    fn undo_modes(&self, wanted: bool, out: &mut Vec<u8>) {
        let tracked = TRACKING.iter().any(|mode| self.modes.contains_key(mode));
        for mode in ASKED {
            let rest = ON_AT_REST.contains(&mode);
            let was = self.before.modes.get(&mode).copied().unwrap_or(rest);
            let now = match self.modes.get(&mode) {
                // One of them ends the others.
                _ if tracked && TRACKING.contains(&mode) => !was,
                // These are the painter's, who may have left them either way.
                None if rest => !was,
                None => was,
                Some(now) => *now,
            };
            if was == wanted && was != now {
                write_mode(mode, was, out);
            }
        }
    }

    fn undo_osc(&self, out: &mut Vec<u8>) {
        if let Some(wish) = &self.wish {
            paint_palette(Some(&wish.palette), &Palette::default(), &self.before, out);
            if self.caps.progress && wish.progress != Progress::None {
                write_progress(Progress::None, out);
            }
        }
        if self.titled {
            out.extend_from_slice(b"\x1b[23;0t");
        }
    }
}

fn show_title(old: Option<&Wish>, wish: &Wish, out: &mut Vec<u8>) {
    let shown = old.map_or("", |old| &*old.title);
    if shown != &*wish.title {
        out.extend(format!("\x1b]2;{}\x1b\\", wish.title).bytes());
    }
}

fn write_mode(mode: u32, on: bool, out: &mut Vec<u8>) {
    out.extend(format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).bytes());
}

fn write_progress(progress: Progress, out: &mut Vec<u8>) {
    let (state, percent) = match progress {
        Progress::None => (0, 0),
        Progress::Normal(percent) => (1, percent),
        Progress::Error(percent) => (2, percent),
        Progress::Indeterminate => (3, 0),
        Progress::Paused(percent) => (4, percent),
    };
    out.extend(format!("\x1b]9;4;{state};{percent}\x1b\\").bytes());
}

/// Turns the colours of `old` into those of `new`; what neither changes is left alone.
fn paint_palette(old: Option<&Palette>, new: &Palette, before: &Before, out: &mut Vec<u8>) {
    let nothing = Palette::default();
    let old = old.unwrap_or(&nothing);
    if old == new {
        return;
    }
    let dynamic = [
        (10, old.foreground, new.foreground, before.foreground),
        (11, old.background, new.background, before.background),
        (12, old.cursor, new.cursor, before.cursor),
    ];
    for (code, old, new, before) in dynamic {
        if old == new {
            continue;
        }
        match new.or(before) {
            Some(rgb) => out.extend(format!("\x1b]{code};{}\x1b\\", hex(rgb)).bytes()),
            None => out.extend(format!("\x1b]{}\x1b\\", code + 100).bytes()),
        }
    }
    for (index, rgb) in &new.indexed {
        if !old.indexed.contains(&(*index, *rgb)) {
            out.extend(format!("\x1b]4;{index};{}\x1b\\", hex(*rgb)).bytes());
        }
    }
    for (index, _) in &old.indexed {
        if !new.indexed.iter().any(|(still, _)| still == index) {
            out.extend(format!("\x1b]104;{index}\x1b\\").bytes());
        }
    }
}

fn hex(Rgb { r, g, b }: Rgb) -> String {
    format!("rgb:{r:02x}/{g:02x}/{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::{Book, Cursor, LineNo, Modes, Revision, Row, Size};

    fn snapshot(modes: Modes) -> Snapshot {
        Snapshot {
            revision: Revision::default(),
            size: Size::clamped(2, 1),
            book: Book::Main,
            rows: vec![Row::blank()],
            cursor: Cursor::default(),
            modes,
            title: "".into(),
            directory: "".into(),
            progress: Progress::None,
            palette: Arc::default(),
            top: LineNo(0),
            sealed: LineNo(0),
            first: LineNo(0),
            floor: LineNo(0),
        }
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn the_mouse_follows_the_program() {
        let mut outfit = Outfit::new(Caps::FULL);
        let mut check = |mouse, expected: &str| {
            let modes = Modes {
                mouse,
                ..Modes::default()
            };
            assert_eq!(text(outfit.mirror(&snapshot(modes))), expected);
        };
        check(MouseTracking::Off, "");
        check(MouseTracking::Button, "^[?1006h^[?1002h");
        check(MouseTracking::Button, "");
        check(MouseTracking::Any, "^[?1002l^[?1003h");
        check(MouseTracking::Off, "^[?1003l^[?1006l");
    }

    #[test]
    fn kitty_flags_are_kept_on_each_screen_and_taken_back() {
        let mut outfit = Outfit::new(Caps::FULL);
        assert_eq!(text(outfit.choose(Keyboard::Kitty)), "^[>1u");
        let modes = Modes {
            kitty: 5,
            ..Modes::default()
        };
        assert_eq!(text(outfit.mirror(&snapshot(modes))), "^[=5;1u");
        assert_eq!(text(outfit.switched(Surface::Full)), "^[>5u");
        assert!(text(outfit.undo(false)).starts_with("^[?2026l^[<u^[?1049l^[<u"));
        assert_eq!(text(outfit.leaving_full()), "^[<u");
        assert_eq!(text(outfit.switched(Surface::Inline)), "");
        assert_eq!(text(outfit.mirror(&snapshot(Modes::default()))), "^[=1;1u");
    }

    #[test]
    fn modes_go_back_to_what_they_were() {
        let mut outfit = Outfit::new(Caps::FULL);
        outfit.before.modes = [(2004, true), (1004, false), (25, false)].into();
        drop(outfit.begin());
        let undo = text(outfit.undo(false));
        assert!(!undo.contains("2004"), "{undo}");
        assert!(undo.contains("^[?1004l"), "{undo}");
        assert!(undo.contains("^[?7h"), "{undo}");
        assert!(!undo.contains("^[?25h"), "{undo}");
        assert!(undo.ends_with("^[23;0t"), "{undo}");
    }

    #[test]
    fn colours_are_mirrored_and_given_back() {
        let red = Rgb { r: 255, g: 0, b: 0 };
        let blue = Rgb { r: 0, g: 0, b: 255 };
        let mut outfit = Outfit::new(Caps::FULL);
        outfit.before.background = Some(blue);
        let mut with = snapshot(Modes::default());
        with.palette = Arc::new(Palette {
            background: Some(red),
            foreground: Some(red),
            indexed: vec![(1, blue)],
            ..Palette::default()
        });
        let set = "^]10;rgb:ff/00/00^\\^]11;rgb:ff/00/00^\\^]4;1;rgb:00/00/ff^\\";
        assert_eq!(text(outfit.mirror(&with)), set);
        let undo = text(outfit.undo(false));
        assert!(
            undo.ends_with("^]110^\\^]11;rgb:00/00/ff^\\^]104;1^\\"),
            "{undo}"
        );
    }
}
