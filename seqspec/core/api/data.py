"""The tables `[data]` and `[target]`: sources, columns, splits and formats of tables."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.document.columns import DATE_PARTS as DATE_PARTS
    from seqspec.core.document.columns import KINDS as KINDS
    from seqspec.core.document.columns import BooleanColumn as BooleanColumn
    from seqspec.core.document.columns import CalendarPart as CalendarPart
    from seqspec.core.document.columns import CategoryColumn as CategoryColumn
    from seqspec.core.document.columns import CategoryValue as CategoryValue
    from seqspec.core.document.columns import Column as Column
    from seqspec.core.document.columns import ColumnFill as ColumnFill
    from seqspec.core.document.columns import ColumnKind as ColumnKind
    from seqspec.core.document.columns import DateColumn as DateColumn
    from seqspec.core.document.columns import DatePart as DatePart
    from seqspec.core.document.columns import NumberColumn as NumberColumn
    from seqspec.core.document.columns import TextColumn as TextColumn
    from seqspec.core.document.columns import encoded_width as encoded_width
    from seqspec.core.document.columns import read_columns as read_columns
    from seqspec.core.document.data import Data as Data
    from seqspec.core.document.data_types import DeclaredTable as DeclaredTable
    from seqspec.core.document.sources import ArraysSource as ArraysSource
    from seqspec.core.document.sources import AudioSource as AudioSource
    from seqspec.core.document.sources import ColumnSplit as ColumnSplit
    from seqspec.core.document.sources import Fill as Fill
    from seqspec.core.document.sources import FoldSplit as FoldSplit
    from seqspec.core.document.sources import GapFill as GapFill
    from seqspec.core.document.sources import GroupKFoldSplit as GroupKFoldSplit
    from seqspec.core.document.sources import GroupSplit as GroupSplit
    from seqspec.core.document.sources import HashSplit as HashSplit
    from seqspec.core.document.sources import ImagesSource as ImagesSource
    from seqspec.core.document.sources import KFoldSplit as KFoldSplit
    from seqspec.core.document.sources import LastLayers as LastLayers
    from seqspec.core.document.sources import PythonSource as PythonSource
    from seqspec.core.document.sources import RandomSplit as RandomSplit
    from seqspec.core.document.sources import Representative as Representative
    from seqspec.core.document.sources import SeriesSource as SeriesSource
    from seqspec.core.document.sources import SourceTable as SourceTable
    from seqspec.core.document.sources import TableSource as TableSource
    from seqspec.core.document.sources import TextSource as TextSource
    from seqspec.core.document.sources import TimeKFoldSplit as TimeKFoldSplit
    from seqspec.core.document.sources import TimeSplit as TimeSplit
    from seqspec.core.document.sources import source_of as source_of
    from seqspec.core.document.sources import unreadable_data as unreadable_data
    from seqspec.core.document.table_formats import DEFAULT_DIALECT as DEFAULT_DIALECT
    from seqspec.core.document.table_formats import TABLE_FORMATS as TABLE_FORMATS
    from seqspec.core.document.table_formats import TABLE_OPTIONS as TABLE_OPTIONS
    from seqspec.core.document.table_formats import Dialect as Dialect
    from seqspec.core.document.table_formats import DialectOptions as DialectOptions
    from seqspec.core.document.table_formats import table_format_of as table_format_of
    from seqspec.core.document.target import Regression as Regression
    from seqspec.core.document.target import Target as Target
else:
    __getattr__ = lazy_names(__name__)
