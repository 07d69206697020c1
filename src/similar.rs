//! Papers similar to one paper or text: meaning and words fused by one rule.
