//! The SQL door: StackQL's resources and statements over the action table.
