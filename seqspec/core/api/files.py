"""Files: limits, replacement, Keras archives; and the configuration of a project."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.config.configuration import Configurations as Configurations
    from seqspec.core.config.effective import EffectiveConfiguration as EffectiveConfiguration
    from seqspec.core.config.effective import EffectiveConfigurations as EffectiveConfigurations
    from seqspec.core.config.patterns import repository as repository
    from seqspec.core.config.settings import CONFIG_NAMES as CONFIG_NAMES
    from seqspec.core.config.settings import ConfigurationError as ConfigurationError
    from seqspec.core.config.walk import is_document as is_document
    from seqspec.core.config.walk import is_left_out as is_left_out
    from seqspec.core.config.walk import is_named_document as is_named_document
    from seqspec.core.config.walk import walk as walk
    from seqspec.core.syntax.atomic_write import ChangedMeanwhile as ChangedMeanwhile
    from seqspec.core.syntax.atomic_write import content_of as content_of
    from seqspec.core.syntax.atomic_write import renamed as renamed
    from seqspec.core.syntax.atomic_write import replace_text as replace_text
    from seqspec.core.syntax.keras_archive import ASSETS as ASSETS
    from seqspec.core.syntax.keras_archive import CONFIG as CONFIG
    from seqspec.core.syntax.keras_archive import DOCUMENTS as DOCUMENTS
    from seqspec.core.syntax.keras_archive import SPEC as SPEC
    from seqspec.core.syntax.keras_archive import ArchiveError as ArchiveError
    from seqspec.core.syntax.keras_archive import KerasArchive as KerasArchive
    from seqspec.core.syntax.keras_archive import UnsafeArchiveError as UnsafeArchiveError
    from seqspec.core.syntax.keras_archive import has_assets as has_assets
    from seqspec.core.syntax.keras_archive import open_archive as open_archive
    from seqspec.core.syntax.limits import LIMITS as LIMITS
    from seqspec.core.syntax.limits import SMALL_BYTES as SMALL_BYTES
    from seqspec.core.syntax.limits import Limits as Limits
    from seqspec.core.syntax.limits import NotRegularFile as NotRegularFile
    from seqspec.core.syntax.limits import is_outside as is_outside
    from seqspec.core.syntax.limits import project_folder as project_folder
    from seqspec.core.syntax.limits import raise_limit_help as raise_limit_help
    from seqspec.core.syntax.limits import read_file as read_file
    from seqspec.core.syntax.limits import require_regular as require_regular
else:
    __getattr__ = lazy_names(__name__)
