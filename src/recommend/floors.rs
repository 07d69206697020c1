//! How many places of a list each interest keeps.

/// What an interest claims of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// How many likes are of it.
    pub n_likes: usize,
    /// The part of its share of the likes that it keeps of the places, 0 to 1.
    pub share: f64,
    /// At least so many places.
    pub least: usize,
    /// Whether the reader has asked for them: then they are kept whatever they cost.
    pub is_asked: bool,
}

impl Claim {
    /// Half of its share, and one place at least; what rests on a single like claims none.
    pub fn live(n_likes: usize) -> Self {
        let (share, least) = if n_likes < 2 { (0.0, 0) } else { (0.5, 1) };
        Self { n_likes, share, least, is_asked: false }
    }
}

/// What an interest keeps of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// How many places.
    pub places: usize,
    /// Whether for any paper, or only for one that is likely enough ([`Variety::enough`](super::diversify::Variety::enough)).
    pub is_asked: bool,
}

/// How many of `n` places each interest keeps. The first come first; no more is promised than there
/// is.
pub fn floors(claims: &[Claim], n: usize) -> Vec<Floor> {
    let total = claims.iter().map(|claim| claim.n_likes).sum::<usize>().max(1) as f64;
    let mut left = n;
    let floor = |claim: &Claim| {
        let places = claim.share * n as f64 * claim.n_likes as f64 / total;
        // All of a share is rounded up, a part of it down.
        let places = if claim.share < 1.0 { places.floor() } else { places.ceil() };
        let kept = (places as usize).max(claim.least).min(left);
        left -= kept;
        Floor { places: kept, is_asked: claim.is_asked }
    };
    claims.iter().map(floor).collect()
}
