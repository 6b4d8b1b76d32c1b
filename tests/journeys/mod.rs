//! Whole ways through the portal. They need HTTP alone, and so run on a deployed stack too.

mod devices;
mod first_device;
