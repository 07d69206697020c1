//! The nearest papers, exactly or through a graph.
