//! What a task does, in one word: as much as fits in a record without allocating.

use super::json;

/// From where to where bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// On the host.
    Host,
    /// From the host to a device.
    ToDevice,
    /// From a device to the host.
    ToHost,
    /// Inside a device.
    Device,
    /// From one device to another.
    Between,
}

impl Direction {
    const ALL: [Direction; 5] =
        [Direction::Host, Direction::ToDevice, Direction::ToHost, Direction::Device, Direction::Between];

    /// Of a copy, by the devices that its ends lie on; none is the host.
    pub fn new(to: Option<u32>, from: Option<u32>) -> Direction {
        match (to, from) {
            (None, None) => Direction::Host,
            (Some(_), None) => Direction::ToDevice,
            (None, Some(_)) => Direction::ToHost,
            (Some(to), Some(from)) if to == from => Direction::Device,
            (Some(_), Some(_)) => Direction::Between,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Direction::Host => "host to host",
            Direction::ToDevice => "host to device",
            Direction::ToHost => "device to host",
            Direction::Device => "device to device",
            Direction::Between => "device to another device",
        }
    }
}

/// What a task does, as far as it says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Action {
    /// It says nothing, or is an operator, whose [`Details`](super::Details) say more.
    #[default]
    Unsaid,
    /// It copies.
    Copy {
        /// So many bytes.
        bytes: u64,
        /// From where to where.
        direction: Direction,
    },
    /// It sets bytes.
    Fill {
        /// So many.
        bytes: u64,
    },
    /// It moves or combines bytes as the function that asked for it is called.
    Moves {
        /// So many.
        bytes: u64,
    },
    /// It runs a kernel of the program, which its details name.
    Kernel {
        /// In so many blocks.
        blocks: u64,
    },
    /// It runs a graph, whose tasks are recorded as well.
    Graph {
        /// The graph's number.
        id: u32,
    },
}

/// The number is below the kind of action.
const KIND: u32 = 56;
const NUMBER: u64 = (1 << KIND) - 1;

impl Action {
    /// As a word.
    pub(crate) fn pack(self) -> u64 {
        let (kind, number) = match self {
            Action::Unsaid => (0, 0),
            Action::Fill { bytes } => (1, bytes),
            Action::Moves { bytes } => (2, bytes),
            Action::Kernel { blocks } => (3, blocks),
            Action::Graph { id } => (4, u64::from(id)),
            Action::Copy { bytes, direction } => (5 + direction as u64, bytes),
        };
        kind << KIND | number.min(NUMBER)
    }

    pub(super) fn unpack(word: u64) -> Action {
        let number = word & NUMBER;
        match word >> KIND {
            0 => Action::Unsaid,
            1 => Action::Fill { bytes: number },
            2 => Action::Moves { bytes: number },
            3 => Action::Kernel { blocks: number },
            4 => Action::Graph { id: number as u32 },
            kind => match Direction::ALL.get(kind as usize - 5) {
                Some(direction) => Action::Copy { bytes: number, direction: *direction },
                None => Action::Unsaid,
            },
        }
    }

    /// What a timeline calls it, where the action says more than the function that asked for it.
    pub(super) fn title(self) -> Option<&'static str> {
        match self {
            Action::Copy { direction, .. } => Some(match direction {
                Direction::Host => "copy on host",
                Direction::ToDevice => "copy to device",
                Direction::ToHost => "copy to host",
                Direction::Device => "copy on device",
                Direction::Between => "copy between devices",
            }),
            Action::Fill { .. } => Some("fill"),
            Action::Graph { .. } => Some("graph"),
            Action::Unsaid | Action::Moves { .. } | Action::Kernel { .. } => None,
        }
    }

    /// Appends members of a JSON object, each with a comma before it.
    pub(super) fn write(self, out: &mut String) {
        let (key, number) = match self {
            Action::Unsaid => return,
            Action::Copy { bytes, .. } | Action::Fill { bytes } | Action::Moves { bytes } => {
                (",\"bytes\":", bytes)
            }
            Action::Kernel { blocks } => (",\"blocks\":", blocks),
            Action::Graph { id } => (",\"graph\":", u64::from(id)),
        };
        out.push_str(key);
        json::number(out, number);
        if let Action::Copy { direction, .. } = self {
            out.push_str(",\"direction\":\"");
            out.push_str(direction.text());
            out.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_fits_in_a_word() {
        let copies = Direction::ALL.map(|direction| Action::Copy { bytes: 1 << 40, direction });
        let others = [
            Action::Unsaid,
            Action::Fill { bytes: 3 },
            Action::Moves { bytes: 4 },
            Action::Kernel { blocks: 5 },
            Action::Graph { id: u32::MAX },
        ];
        for action in copies.into_iter().chain(others) {
            assert_eq!(Action::unpack(action.pack()), action);
        }
        assert_eq!(Action::unpack(u64::MAX), Action::Unsaid);
        assert_eq!(Action::unpack(Action::Fill { bytes: u64::MAX }.pack()), Action::Fill { bytes: NUMBER });
    }

    #[test]
    fn directions_follow_from_where_memory_is() {
        assert_eq!(Direction::new(None, Some(0)), Direction::ToHost);
        assert_eq!(Direction::new(Some(1), Some(1)), Direction::Device);
        assert_eq!(Direction::new(Some(1), Some(0)), Direction::Between);
        let mut out = String::new();
        Action::Copy { bytes: 8, direction: Direction::ToDevice }.write(&mut out);
        assert_eq!(out, ",\"bytes\":8,\"direction\":\"host to device\"");
    }
}
