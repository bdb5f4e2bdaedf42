//! Devices that were cut off: what they sent before may still lie in a socket. Pure.

use std::collections::VecDeque;

use abide_protocol::DeviceId;

/// Devices that are remembered at most. What lies in a socket is read within moments, so the
/// oldest can be forgotten.
const REMEMBERED: usize = 1024;

/// From which epoch on each device may attach.
#[derive(Default, Debug)]
pub(crate) struct Cuts(VecDeque<(DeviceId, u64)>);

impl Cuts {
    /// Attachments of the device from before `epoch` are refused from now on.
    pub(crate) fn cut(&mut self, device: DeviceId, epoch: u64) {
        let before = self.first(device);
        self.0.retain(|(cut, _)| *cut != device);
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((device, epoch.max(before)));
    }

    /// Whether the device may attach under this epoch.
    pub(crate) fn admits(&self, device: DeviceId, epoch: u64) -> bool {
        epoch >= self.first(device)
    }

    fn first(&self, device: DeviceId) -> u64 {
        let cut = self.0.iter().find(|(cut, _)| *cut == device);
        cut.map_or(0, |(_, epoch)| *epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(n: usize) -> DeviceId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_le_bytes());
        DeviceId(id)
    }

    #[test]
    fn what_was_sent_before_a_cut_comes_too_late() {
        let mut cuts = Cuts::default();
        assert!(cuts.admits(device(1), 0));
        cuts.cut(device(1), 2);
        cuts.cut(device(1), 1);
        assert!(!cuts.admits(device(1), 1) && cuts.admits(device(1), 2));
        assert!(cuts.admits(device(2), 0));
        cuts.cut(device(1), u64::MAX);
        assert!(!cuts.admits(device(1), u64::MAX - 1));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let mut cuts = Cuts::default();
        for n in 0..REMEMBERED + 10 {
            cuts.cut(device(n), 1);
        }
        assert_eq!(cuts.0.len(), REMEMBERED);
        assert!(cuts.admits(device(0), 0) && !cuts.admits(device(REMEMBERED + 9), 0));
    }
}
