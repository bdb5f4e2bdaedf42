//! What the user's terminal can show, as far as its environment and its replies tell.

/// How many colours may be written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Depth {
    /// `NO_COLOR`, or a terminal without colour; attributes stay.
    None,
    Ansi16,
    Indexed256,
    TrueColor,
}

/// How the terminal takes a desktop notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notify {
    /// It takes none: the client shows a line instead.
    Line,
    Osc9,
    Osc777,
}

/// Capabilities. Fields say what may be written, not what was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caps {
    pub depth: Depth,
    /// Synchronized output, mode 2026.
    pub sync: bool,
    /// `SGR 4:3` and friends, and `SGR 58`.
    pub underlines: bool,
    /// OSC 8.
    pub links: bool,
    /// Erasing paints the current background.
    pub bce: bool,
    /// OSC 9;4 is understood (elsewhere it would pop up as a notification).
    pub progress: bool,
    pub notify: Notify,
    /// Any OSC may be sent; the Linux console and its like print parts of them.
    pub osc: bool,
}

impl Caps {
    /// Everything; what tests paint with.
    pub const FULL: Self = Self {
        depth: Depth::TrueColor,
        sync: true,
        underlines: true,
        links: true,
        bce: true,
        progress: true,
        notify: Notify::Osc9,
        osc: true,
    };

    /// What the environment says before the terminal has answered anything.
    #[must_use]
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let term = get("TERM").unwrap_or_default();
        let plain = ["linux", "vt", "ansi", "cons", "sun"]
            .iter()
            .any(|name| term.starts_with(name));
        let mut caps = Self {
            depth: depth(&term, &get),
            sync: false,
            underlines: false,
            links: !plain,
            bce: !term.starts_with("screen") || get("TMUX").is_some(),
            progress: false,
            notify: Notify::Line,
            osc: !plain,
        };
        let program = get("TERM_PROGRAM").unwrap_or_default();
        if get("TMUX").is_none_or(|value| value.is_empty()) {
            caps.known(&term);
            caps.known(&program);
        }
        if get("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            caps.depth = Depth::None;
        }
        caps
    }

    /// Takes in a name the terminal gives itself (`XTVERSION`, `TERM`, `TERM_PROGRAM`).
    pub fn known(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        let is = |part: &str| name.contains(part);
        let modern = [
            "kitty",
            "ghostty",
            "wezterm",
            "foot",
            "iterm",
            "contour",
            "konsole",
            "vte",
            "alacritty",
            "rio",
            "tmux",
            "windows terminal",
            "mintty",
        ];
        if modern.iter().any(|part| is(part)) {
            self.underlines = true;
            if self.depth != Depth::None {
                self.depth = Depth::TrueColor;
            }
        }
        if is("xterm(") && self.depth != Depth::None {
            self.depth = self.depth.max(Depth::Indexed256);
        }
        if is("kitty") || is("ghostty") || is("wezterm") {
            self.progress = true;
        }
        if is("kitty") || is("ghostty") || is("wezterm") || is("iterm") {
            self.notify = Notify::Osc9;
        } else if is("foot") || is("vte") || is("urxvt") || is("contour") {
            self.notify = Notify::Osc777;
        }
    }
}

fn depth(term: &str, get: &impl Fn(&str) -> Option<String>) -> Depth {
    let color = get("COLORTERM").unwrap_or_default();
    if color == "truecolor" || color == "24bit" || term.ends_with("-direct") {
        Depth::TrueColor
    } else if get("TMUX").is_some() || term.starts_with("tmux") {
        // tmux reduces colours itself for the terminal it is in.
        Depth::TrueColor
    } else if term.contains("256") {
        Depth::Indexed256
    } else if term.starts_with("vt") || term == "dumb" {
        Depth::None
    } else {
        Depth::Ansi16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_by_environment() {
        let check = |environment: &[(&str, &str)], expected: Depth| {
            let get = |name: &str| {
                environment
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            let caps = Caps::from_environment(get);
            assert_eq!(caps.depth, expected, "{environment:?}");
        };
        check(&[("TERM", "xterm-256color")], Depth::Indexed256);
        check(
            &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
            Depth::TrueColor,
        );
        check(&[("TERM", "xterm-kitty")], Depth::TrueColor);
        check(&[("TERM", "linux")], Depth::Ansi16);
        check(&[("TERM", "vt220")], Depth::None);
        check(&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], Depth::None);
        check(
            &[("TERM", "xterm-256color"), ("NO_COLOR", "")],
            Depth::Indexed256,
        );
        check(
            &[("TERM", "screen-256color"), ("TMUX", "/x,1,0")],
            Depth::TrueColor,
        );
    }

    #[test]
    fn a_name_heard_later_never_brings_colour_back_that_the_user_refused() {
        let mut caps = Caps {
            depth: Depth::None,
            ..Caps::FULL
        };
        caps.known("kitty(0.40)");
        assert_eq!(caps.depth, Depth::None);
    }
}
