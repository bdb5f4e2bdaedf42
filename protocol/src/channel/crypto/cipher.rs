use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use snow::types::Cipher;
use zeroize::{Zeroize, Zeroizing};

use super::put;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of an authentication tag.
const TAG: usize = 16;

#[derive(Default)]
pub(super) struct AesGcm(Option<LessSafeKey>);

impl Cipher for AesGcm {
    fn name(&self) -> &'static str {
        "AESGCM"
    }

    /// A key that the library refuses leaves none: nothing can be sealed or opened then.
    fn set(&mut self, key: &[u8; KEY]) {
        self.0 = UnboundKey::new(&AES_256_GCM, key)
            .ok()
            .map(LessSafeKey::new);
    }

    /// The library cannot fail with these lengths; if it does, zeros go out, which the peer
    /// refuses.
    fn encrypt(&self, nonce: u64, authtext: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let length = plaintext.len().saturating_add(TAG);
        let Some((text, tag)) = out
            .get_mut(..length)
            .and_then(|out| out.split_at_mut_checked(plaintext.len()))
        else {
            return 0;
        };
        put(text, plaintext);
        let sealed = self.0.as_ref().and_then(|key| {
            key.seal_in_place_separate_tag(number(nonce), Aad::from(authtext), text)
                .ok()
        });
        if let Some(sealed) = sealed {
            put(tag, sealed.as_ref());
        } else {
            text.zeroize();
            tag.zeroize();
        }
        length
    }

    fn decrypt(
        &self,
        nonce: u64,
        authtext: &[u8],
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<usize, snow::Error> {
        let parts = ciphertext.split_last_chunk::<TAG>();
        let (text, tag) = parts.ok_or(snow::Error::Decrypt)?;
        let out = out.get_mut(..text.len()).ok_or(snow::Error::Decrypt)?;
        let key = self.0.as_ref().ok_or(snow::Error::Decrypt)?;
        #[cfg(test)]
        if planted::is_set() {
            return planted::open_without_tag(key, number(nonce), text, out);
        }
        let opened = key.open_separate_gather(number(nonce), Aad::from(authtext), text, tag, out);
        if opened.is_err() {
            out.zeroize();
            return Err(snow::Error::Decrypt);
        }
        Ok(text.len())
    }

    /// Section 4.2 of the Noise specification.
    fn rekey(&mut self) {
        let mut sealed = Zeroizing::new([0; KEY + TAG]);
        self.encrypt(u64::MAX, &[], &[0; KEY], sealed.as_mut());
        match sealed.first_chunk::<KEY>() {
            Some(key) => self.set(key),
            None => self.0 = None,
        }
    }
}

/// Four zero bytes and the counter, big-endian.
fn number(nonce: u64) -> Nonce {
    let mut bytes = [0; 12];
    if let Some(counter) = bytes.last_chunk_mut::<8>() {
        *counter = nonce.to_be_bytes();
    }
    Nonce::assume_unique_for_key(bytes)
}

/// A bug to be found: with it, tags are not looked at. Tests plant it to see that they can fail.
#[cfg(test)]
pub(in crate::channel) mod planted {
    use std::cell::Cell;

    use super::{AES_256_GCM, Aad, LessSafeKey, Nonce, put};

    thread_local! {
        static PLANTED: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn is_set() -> bool {
        PLANTED.get()
    }

    /// Runs `test` with the bug on this thread.
    pub(in crate::channel) fn during<T>(test: impl FnOnce() -> T) -> T {
        PLANTED.set(true);
        let result = test();
        PLANTED.set(false);
        result
    }

    /// In counter mode, sealing what was sealed gives the text.
    pub(super) fn open_without_tag(
        key: &LessSafeKey,
        nonce: Nonce,
        text: &[u8],
        out: &mut [u8],
    ) -> Result<usize, snow::Error> {
        assert_eq!(key.algorithm(), &AES_256_GCM);
        put(out, text);
        key.seal_in_place_separate_tag(nonce, Aad::empty(), out)
            .map(|_| text.len())
            .map_err(|_| snow::Error::Decrypt)
    }
}
