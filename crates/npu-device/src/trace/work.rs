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
pub enum Work {
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

/// The number is below the kind of work.
const KIND: u32 = 56;
const NUMBER: u64 = (1 << KIND) - 1;

impl Work {
    /// As a word.
    pub(crate) fn pack(self) -> u64 {
        let (kind, number) = match self {
            Work::Unsaid => (0, 0),
            Work::Fill { bytes } => (1, bytes),
            Work::Moves { bytes } => (2, bytes),
            Work::Kernel { blocks } => (3, blocks),
            Work::Graph { id } => (4, u64::from(id)),
            Work::Copy { bytes, direction } => (5 + direction as u64, bytes),
        };
        kind << KIND | number.min(NUMBER)
    }

    pub(super) fn unpack(word: u64) -> Work {
        let number = word & NUMBER;
        match word >> KIND {
            0 => Work::Unsaid,
            1 => Work::Fill { bytes: number },
            2 => Work::Moves { bytes: number },
            3 => Work::Kernel { blocks: number },
            4 => Work::Graph { id: number as u32 },
            kind => match Direction::ALL.get(kind as usize - 5) {
                Some(direction) => Work::Copy { bytes: number, direction: *direction },
                None => Work::Unsaid,
            },
        }
    }

    /// What a timeline calls it, where the work says more than the function that asked for it.
    pub(super) fn title(self) -> Option<&'static str> {
        match self {
            Work::Copy { direction, .. } => Some(match direction {
                Direction::Host => "copy on host",
                Direction::ToDevice => "copy to device",
                Direction::ToHost => "copy to host",
                Direction::Device => "copy on device",
                Direction::Between => "copy between devices",
            }),
            Work::Fill { .. } => Some("fill"),
            Work::Graph { .. } => Some("graph"),
            Work::Unsaid | Work::Moves { .. } | Work::Kernel { .. } => None,
        }
    }

    /// Appends members of a JSON object, each with a comma before it.
    pub(super) fn write(self, out: &mut String) {
        let (key, number) = match self {
            Work::Unsaid => return,
            Work::Copy { bytes, .. } | Work::Fill { bytes } | Work::Moves { bytes } => (",\"bytes\":", bytes),
            Work::Kernel { blocks } => (",\"blocks\":", blocks),
            Work::Graph { id } => (",\"graph\":", u64::from(id)),
        };
        out.push_str(key);
        json::number(out, number);
        if let Work::Copy { direction, .. } = self {
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
        let copies = Direction::ALL.map(|direction| Work::Copy { bytes: 1 << 40, direction });
        let others = [
            Work::Unsaid,
            Work::Fill { bytes: 3 },
            Work::Moves { bytes: 4 },
            Work::Kernel { blocks: 5 },
            Work::Graph { id: u32::MAX },
        ];
        for work in copies.into_iter().chain(others) {
            assert_eq!(Work::unpack(work.pack()), work);
        }
        assert_eq!(Work::unpack(u64::MAX), Work::Unsaid);
        assert_eq!(Work::unpack(Work::Fill { bytes: u64::MAX }.pack()), Work::Fill { bytes: NUMBER });
    }

    #[test]
    fn directions_follow_from_where_memory_is() {
        assert_eq!(Direction::new(None, Some(0)), Direction::ToHost);
        assert_eq!(Direction::new(Some(1), Some(1)), Direction::Device);
        assert_eq!(Direction::new(Some(1), Some(0)), Direction::Between);
        let mut out = String::new();
        Work::Copy { bytes: 8, direction: Direction::ToDevice }.write(&mut out);
        assert_eq!(out, ",\"bytes\":8,\"direction\":\"host to device\"");
    }
}
