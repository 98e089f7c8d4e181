//! Compresses one block into a frame of its own. Blocks that do not compress (media, archives) are recognised from samples
//! and stored as they are, in a frame's clothes, so that stock tools read them all the same.

use std::io::{self, Write as _};

use flate2::write::GzEncoder;

use super::Compression;
use crate::backup::set::Packing;

/// How many places of a block are looked at, and how many bytes at each.
const SAMPLES: usize = 16;
const SAMPLE: usize = 512;

/// Samples as good as random have more than this many bits a byte. (8 KiB of random bytes show about 7.977.)
const RANDOM_BITS: f64 = 7.8;

/// Bytes that are compressed for a trial, at two places; worth it when at least 3 % are saved.
const TRIAL: usize = 64 << 10;
const WORTH_PERCENT: usize = 97;

/// A raw block of a zstd frame holds at most this many bytes.
const RAW_BLOCK: usize = 128 << 10;

/// The compressor of one thread, with its memory.
pub(super) struct Compressor {
    how: Compression,
    zstd: zstd::bulk::Compressor<'static>,
    trial: zstd::bulk::Compressor<'static>,
    scratch: Vec<u8>,
}

impl Compressor {
    pub(super) fn new(how: Compression) -> io::Result<Self> {
        let mut zstd = zstd::bulk::Compressor::new(how.level)?;
        zstd.include_checksum(true)?;
        Ok(Self { how, zstd, trial: zstd::bulk::Compressor::new(1)?, scratch: Vec::new() })
    }

    /// Compresses `block` into `output`, whose former content goes.
    pub(super) fn compress(&mut self, block: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        output.clear();
        let incompressible = self.is_incompressible(block)?;
        match self.how.packing {
            Packing::Zstd if incompressible => store_as_zstd(block, output),
            Packing::Zstd => {
                output.reserve(zstd::zstd_safe::compress_bound(block.len()));
                self.zstd.compress_to_buffer(block, output)?;
            }
            Packing::Gzip => {
                let level = if incompressible { 0 } else { u32::try_from(self.how.level).unwrap_or(6) };
                let mut encoder = GzEncoder::new(&mut *output, flate2::Compression::new(level));
                encoder.write_all(block)?;
                encoder.finish()?;
            }
        }
        Ok(())
    }

    /// Two looks, the cheap one first: samples that look random, and of which compression saves next to nothing.
    fn is_incompressible(&mut self, block: &[u8]) -> io::Result<bool> {
        if block.len() < 2 * TRIAL || bits_per_byte(block) < RANDOM_BITS {
            return Ok(false);
        }
        let mut saved_enough = false;
        for place in [block.len() / 3, block.len() - TRIAL] {
            let sample = &block[place.min(block.len() - TRIAL)..][..TRIAL];
            self.scratch.clear();
            self.scratch.reserve(zstd::zstd_safe::compress_bound(TRIAL));
            saved_enough |= self.trial.compress_to_buffer(sample, &mut self.scratch)? * 100 < TRIAL * WORTH_PERCENT;
        }
        Ok(!saved_enough)
    }
}

/// The entropy of the bytes at some places of the block.
fn bits_per_byte(block: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    let step = (block.len() - SAMPLE) / (SAMPLES - 1);
    for sample in 0..SAMPLES {
        for byte in &block[sample * step..][..SAMPLE] {
            counts[usize::from(*byte)] += 1;
        }
    }
    let total = (SAMPLES * SAMPLE) as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|share| -share * share.log2()).sum()
}

/// A zstd frame (RFC 8878) of raw blocks: magic number, one segment with its size in eight bytes, blocks each with a header of
/// three bytes (last, kind 0, size).
fn store_as_zstd(block: &[u8], output: &mut Vec<u8>) {
    output.reserve(block.len() + 16 + block.len().div_ceil(RAW_BLOCK) * 3);
    output.extend_from_slice(&0xFD2F_B528_u32.to_le_bytes());
    output.push(0b1110_0000);
    output.extend_from_slice(&(block.len() as u64).to_le_bytes());
    let count = block.len().div_ceil(RAW_BLOCK);
    for (number, part) in block.chunks(RAW_BLOCK).enumerate() {
        let header = (part.len() as u32) << 3 | u32::from(number + 1 == count);
        output.extend_from_slice(&header.to_le_bytes()[..3]);
        output.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::backup::pipeline::BLOCK;

    /// Bytes as good as random, always the same.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        std::iter::repeat_with(&mut next).flatten().take(length).collect()
    }

    fn text(length: usize) -> Vec<u8> {
        noise(length).into_iter().map(|byte| b'a' + byte % 16).collect()
    }

    fn compressed(how: Compression, block: &[u8]) -> Vec<u8> {
        let mut output = b"what was there".to_vec();
        Compressor::new(how).unwrap().compress(block, &mut output).unwrap();
        output
    }

    fn read(how: Compression, stored: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match how.packing {
            Packing::Zstd => zstd::stream::read::Decoder::new(stored).unwrap().read_to_end(&mut plain).unwrap(),
            Packing::Gzip => flate2::bufread::MultiGzDecoder::new(stored).read_to_end(&mut plain).unwrap(),
        };
        plain
    }

    #[test]
    fn blocks_come_back_whatever_they_hold() {
        for how in [Compression::ZSTD, Compression::ZSTD.at_level(19), Compression::GZIP, Compression::GZIP.at_level(99)] {
            for length in [0, 1, 511, RAW_BLOCK, 2 * TRIAL, 2 * TRIAL + 1, 300_000] {
                for block in [noise(length), text(length), vec![0; length]] {
                    assert_eq!(read(how, &compressed(how, &block)), block, "{how:?}, {length}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_compress_is_stored_and_the_rest_is_not() {
        let media = noise(BLOCK);
        let stored = compressed(Compression::ZSTD, &media);
        assert_eq!(stored.len(), BLOCK + 13 + 3 * BLOCK / RAW_BLOCK, "raw blocks and their headers");
        assert!(compressed(Compression::GZIP, &media).len() < BLOCK + BLOCK / 1000);
        assert!(compressed(Compression::ZSTD, &text(BLOCK)).len() < BLOCK * 6 / 10);
        // Every byte is as frequent as any other, and it is all repetition.
        let repeated: Vec<u8> = noise(256).iter().copied().cycle().take(BLOCK).collect();
        let even: Vec<u8> = (0..=255).cycle().take(BLOCK).collect();
        assert!(bits_per_byte(&even) > RANDOM_BITS, "the first look is deceived");
        for block in [repeated, even] {
            assert!(compressed(Compression::ZSTD, &block).len() < BLOCK / 100);
        }
    }
}
