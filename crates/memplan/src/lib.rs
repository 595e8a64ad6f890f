//! Static memory planning: offsets for buffers with known lifetimes
