//! The modes a program can set, save and ask for.

use abide_protocol::Modes;
use abide_protocol::snapshot::{MouseEncoding, MouseTracking};
use minicbor::{Decode, Encode};

/// Modes that only change how later bytes work; those that viewers need are in [`Modes`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Flags {
    /// IRM (4): characters are inserted.
    #[n(0)]
    pub(crate) insert: bool,
    /// SRM (12): reset means local echo, which we never do; kept to be reported.
    #[n(1)]
    pub(crate) send_receive: bool,
    /// DECOM (?6): addresses count from the margins.
    #[n(2)]
    pub(crate) origin: bool,
    /// DECAWM (?7): text goes on in the next row.
    #[n(3)]
    pub(crate) wrap: bool,
    /// Reverse wraparound (?45): within a wrapped line.
    #[n(4)]
    pub(crate) reverse_wrap: bool,
    /// Extended reverse wraparound (?1045): to any row.
    #[cbor(n(13), default)]
    pub(crate) reverse_wrap_far: bool,
    /// DECLRMM (?69): left and right margins can be set.
    #[n(5)]
    pub(crate) side_margins: bool,
    /// DECTCEM (?25).
    #[n(6)]
    pub(crate) cursor_visible: bool,
    /// Cursor blinking (?12).
    #[n(7)]
    pub(crate) cursor_blink: bool,
    /// Grapheme clusters (?2027).
    #[n(8)]
    pub(crate) graphemes: bool,
    /// Reports of the colour scheme (?2031).
    #[n(9)]
    pub(crate) scheme_reports: bool,
    /// Reports of the size (?2048).
    #[n(10)]
    pub(crate) size_reports: bool,
    /// Urgency on bell (?1042) and raise on bell (?1043), kept to be reported.
    #[n(11)]
    pub(crate) bell_urgent: bool,
    #[n(12)]
    pub(crate) bell_raise: bool,
    /// DECNRCM (?42): national character sets can be designated.
    #[cbor(n(14), default)]
    pub(crate) national: bool,
}

impl Flags {
    pub(crate) const RESET: Self = Self {
        insert: false,
        send_receive: true,
        origin: false,
        wrap: true,
        reverse_wrap: false,
        reverse_wrap_far: false,
        side_margins: false,
        cursor_visible: true,
        cursor_blink: false,
        graphemes: true,
        scheme_reports: false,
        size_reports: false,
        bell_urgent: false,
        bell_raise: false,
        national: false,
    };
}

/// What DECRQM answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Report {
    Unknown = 0,
    Set = 1,
    Reset = 2,
    AlwaysSet = 3,
    AlwaysReset = 4,
}

impl From<bool> for Report {
    fn from(set: bool) -> Self {
        if set { Self::Set } else { Self::Reset }
    }
}

/// What DECRQM says of private modes that are known and never change here.
pub(crate) fn fixed(number: u16) -> Report {
    match number {
        // ANSI mode, not VT52; auto-repeat of keys; ESC before what Meta and Alt are held with; what
        // is copied goes to the clipboard; the alternate screen may be shown.
        2 | 8 | 1036 | 1039 | 1041 | 1046 => Report::AlwaysSet,
        // 132 columns, smooth scroll, printing, Tektronix, xterm's margin bell, sixel at the top.
        3 | 4 | 18 | 19 | 38 | 40 | 41 | 44 | 80
        // Block transmission, pages, keyboard layouts of DEC's terminals at our level.
        | 11 | 16 | 53 | 59 | 60 | 61 | 64 | 68 | 73 | 81
        // Mouse highlighting; a reader who is taken to the end by output or keys; Meta as the eighth
        // bit; selections and copies that outlive what is shown; keys of other terminals.
        | 1001 | 1010 | 1011 | 1034 | 1035 | 1037 | 1040 | 1044 | 1050..=1053 | 1060 | 1061 => Report::AlwaysReset,
        _ => Report::Unknown,
    }
}

/// The same of ANSI modes.
pub(crate) fn fixed_ansi(number: u16) -> Report {
    match number {
        // Locked keyboard, controls shown, and those of block and editing terminals.
        1..=3 | 5 | 7 | 10 | 11 | 13..=19 => Report::AlwaysReset,
        _ => Report::Unknown,
    }
}

/// The numbers of all mouse modes, then of all mouse encodings: each kind is saved as one.
pub(crate) const TRACKINGS: [u16; 4] = [9, 1000, 1002, 1003];
pub(crate) const ENCODINGS: [u16; 4] = [1005, 1006, 1015, 1016];

/// The mouse mode that DECSET `number` stands for.
pub(crate) fn tracking(number: u16) -> Option<MouseTracking> {
    Some(match number {
        9 => MouseTracking::X10,
        1000 => MouseTracking::Normal,
        1002 => MouseTracking::Button,
        1003 => MouseTracking::Any,
        _ => return None,
    })
}

/// The mouse encoding that DECSET `number` stands for.
pub(crate) fn encoding(number: u16) -> Option<MouseEncoding> {
    Some(match number {
        1005 => MouseEncoding::Utf8,
        1006 => MouseEncoding::Sgr,
        1015 => MouseEncoding::Urxvt,
        1016 => MouseEncoding::SgrPixels,
        _ => return None,
    })
}

/// The field of [`Modes`] that DECSET `number` switches, if it is a plain flag.
pub(crate) fn shared(modes: &mut Modes, number: u16) -> Option<&mut bool> {
    Some(match number {
        1 => &mut modes.application_cursor,
        5 => &mut modes.reverse_video,
        66 => &mut modes.application_keypad,
        67 => &mut modes.backarrow,
        1004 => &mut modes.focus,
        1007 => &mut modes.alternate_scroll,
        2004 => &mut modes.bracketed_paste,
        _ => return None,
    })
}

/// The field of [`Flags`] that DECSET `number` switches, where nothing else happens.
pub(crate) fn own(flags: &mut Flags, number: u16) -> Option<&mut bool> {
    Some(match number {
        7 => &mut flags.wrap,
        12 => &mut flags.cursor_blink,
        25 => &mut flags.cursor_visible,
        42 => &mut flags.national,
        45 => &mut flags.reverse_wrap,
        1045 => &mut flags.reverse_wrap_far,
        1042 => &mut flags.bell_urgent,
        1043 => &mut flags.bell_raise,
        2027 => &mut flags.graphemes,
        2031 => &mut flags.scheme_reports,
        _ => return None,
    })
}
