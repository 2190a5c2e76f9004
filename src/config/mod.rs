//! Layer 7, the configuration file and the settings of each part.
