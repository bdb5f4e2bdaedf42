//! Whose turn it is when several links have something to say. Pure.
//!
//! Every second turn is for links without a viewer, over which rights are taken back: however many
//! viewers type, whoever asks waits for one of them at most. Among viewers, and among those who
//! ask, the one after the last comes next.

/// Whose turn it was.
#[derive(Default, Debug)]
pub(crate) struct Turns {
    asked: usize,
    typed: usize,
    /// The last turn was a viewer's.
    viewers: bool,
}

impl Turns {
    /// The link that is heard next. `ready` is asked of no more links than needed.
    pub(crate) fn next<T>(
        &mut self,
        links: &mut [T],
        views: impl Fn(&T) -> bool,
        mut ready: impl FnMut(&mut T) -> bool,
    ) -> Option<usize> {
        let asks = after(self.asked, links, |link| !views(link) && ready(link));
        let viewer = match asks {
            Some(_) if self.viewers => None,
            _ => after(self.typed, links, |link| views(link) && ready(link)),
        };
        self.viewers = viewer.is_some();
        if self.viewers {
            self.typed = viewer.unwrap_or_default();
            return viewer;
        }
        self.asked = asks.unwrap_or(self.asked);
        asks
    }
}

/// The first link behind `last` that is ready, from the front again at the end.
fn after<T>(last: usize, links: &mut [T], mut ready: impl FnMut(&mut T) -> bool) -> Option<usize> {
    let middle = (last + 1).min(links.len());
    let (front, back) = links.split_at_mut(middle);
    let behind = back.iter_mut().position(&mut ready);
    let behind = behind.map(|index| middle + index);
    behind.or_else(|| front.iter_mut().position(ready))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The links that are heard in so many turns; a capital letter asks, others have a viewer, and
    /// all but `.` always have something to say.
    fn heard(links: &str, turns: usize) -> String {
        let mut links: Vec<char> = links.chars().collect();
        let mut all = Turns::default();
        let mut heard = String::new();
        for _ in 0..turns {
            let next = all.next(&mut links, |link| !link.is_uppercase(), |link| *link != '.');
            heard.extend(next.map(|index| links[index]));
        }
        heard
    }

    #[test]
    fn each_has_its_turn_and_whoever_asks_waits_for_one_viewer() {
        for (links, expected) in [
            ("", ""),
            ("...", ""),
            ("a", "aaaaaa"),
            ("A", "AAAAAA"),
            ("abc", "bcabca"),
            ("a.c", "cacaca"),
            ("abcZ", "bZcZaZ"),
            ("abYZ", "bYaZbY"),
            ("YZ", "ZYZYZY"),
        ] {
            assert_eq!(heard(links, 6), expected, "{links:?}");
        }
    }

    /// Links that leave make the places of others smaller.
    #[test]
    fn fewer_links_than_before_are_all_heard() {
        let mut all = Turns::default();
        let mut links = vec![(); 9];
        while all.next(&mut links, |()| true, |()| true) != Some(8) {}
        links.truncate(2);
        let next = all.next(&mut links, |()| true, |()| true);
        assert_eq!(next, Some(0));
    }
}
