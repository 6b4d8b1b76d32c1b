//! Whole ways through the portal.

mod first_device;
