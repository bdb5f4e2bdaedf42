use aws_lc_rs::digest::{self, Context, SHA256};
use aws_lc_rs::hmac;
use snow::types::Hash;
use zeroize::Zeroizing;

use super::put;

/// Bytes of a digest.
const LENGTH: usize = 32;

pub(super) struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Hash for Sha256 {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        digest::SHA256.block_len()
    }

    fn hash_len(&self) -> usize {
        LENGTH
    }

    fn reset(&mut self) {
        self.0 = Context::new(&SHA256);
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let context = std::mem::replace(&mut self.0, Context::new(&SHA256));
        put(out, context.finish().as_ref());
    }

    fn hmac(&mut self, key: &[u8], data: &[u8], out: &mut [u8]) {
        put(out, hmac(key, data).as_ref());
    }

    /// RFC 5869 with the chaining key as salt and no info, which is what Noise defines.
    fn hkdf(
        &mut self,
        chaining_key: &[u8],
        input_key_material: &[u8],
        outputs: usize,
        out1: &mut [u8],
        out2: &mut [u8],
        out3: &mut [u8],
    ) {
        let extracted = hmac(chaining_key, input_key_material);
        let mut block = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
        for (number, out) in (1_u8..).zip([out1, out2, out3]).take(outputs) {
            block.push(number);
            let expanded = hmac(extracted.as_ref(), &block);
            put(out, expanded.as_ref());
            block.clear();
            block.extend_from_slice(expanded.as_ref());
        }
    }
}

fn hmac(key: &[u8], data: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data)
}
