package retention

// Kept is the class of points that must not expire although their own class would let them: no lifecycle rule knows it.
// See functions/keepverified.
const Kept Class = "kept"

// WasKey is the tag that says which class an object had before it became Kept, so that it can have it again.
const WasKey = "acso-retention-was"
