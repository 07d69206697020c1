//! The only SQL: papers, vectors, ratings, interests, days.
