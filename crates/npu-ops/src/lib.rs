//! What each operator means: shape rules, promotion, workspace plans
